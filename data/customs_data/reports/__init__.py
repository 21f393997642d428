"""Parts of every HTML report: the page around it, and figures as SVG."""
