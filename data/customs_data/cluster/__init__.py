"""Workers on one machine or several: opening a Dask cluster, and work on its executor.

Dask is imported only when a cluster is opened.
"""

from customs_data.cluster.opening import cluster_executor, open_cluster, parse_address

__all__ = ["cluster_executor", "open_cluster", "parse_address"]
