"""What is stored: database tables, files, the audit log, backups."""
