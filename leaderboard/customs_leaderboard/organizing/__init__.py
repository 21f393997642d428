"""What an organizer does and sees during a competition: news, status, the organizer's token."""
