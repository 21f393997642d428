"""Layout of the charts that templates draw as SVG."""
