"""What an organizer corrects during a competition, each time with a public reason."""
