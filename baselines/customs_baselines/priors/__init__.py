"""What own worlds teach about reading few labels: features in context, and trees over them."""
