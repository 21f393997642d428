"""From a received file to an accepted submission and its receipt."""
