"""Models trained by the workers of a cluster, on editions in parts."""
