"""What private profiles cost and prevent: docs/PRIVACY.md."""
