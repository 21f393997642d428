"""What the models of the task hs6 share: codes, histories and densities of goods, candidates."""
