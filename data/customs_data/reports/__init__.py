"""What every HTML report is made with: the page around it, and figures as SVG."""
