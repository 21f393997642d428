"""The graph of declarations and traders: links, structural statistics, label messages."""
