"""Your graph network: declarations that share a trader or goods learn from each other's labels.

Try it:  customs-kit baseline run my_gnn.py:MyGNN
"""

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from torch import nn
from torch_geometric.nn import SAGEConv

from customs_kit import hetero_data

# What declarations may share. A line: one broker's goods of one chapter from one country.
SHARED = {
    "importer": ("Importer ID",),
    "seller": ("Seller ID",),
    "declarant": ("Declarant ID",),
    "goods": ("HS6 Code",),
    "line": ("Declarant ID", "Country of Departure", "Chapter"),
}


class Network(nn.Module):
    """Twice, messages go from declarations to what they share, and back."""

    def __init__(self, n_features, width=32):
        super().__init__()
        self.encode = nn.Linear(n_features + 2, width)
        self.there = nn.ModuleDict({kind: SAGEConv((width, 1), width) for kind in SHARED})
        self.back = nn.ModuleDict({kind: SAGEConv(width, width) for kind in SHARED})
        self.norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(0.3)
        self.score = nn.Linear(width, 1)

    def forward(self, data, known):
        """Return log-odds of fraud; `known` marks the labels that may be read."""
        nodes = data["declaration"]
        labels = torch.stack([known & (nodes.y == 0), known & (nodes.y == 1)], dim=1)
        state = self.encode(torch.cat([self.dropout(nodes.x), labels], dim=1))
        for _ in range(2):
            message = 0
            for kind in SHARED:
                edges = data["declaration", "to", kind].edge_index
                shared = self.there[kind]((state, data[kind].x), edges).relu()
                message = message + self.back[kind]((shared, state), edges.flip(0))
            state = state + self.dropout(self.norm(message).relu())
        return self.score(state).squeeze(1)


class MyGNN(ClassifierMixin, BaseEstimator):
    """A graph network in which known labels travel along shared traders and goods."""

    def __init__(self, n_epochs=120, random_state=0, n_jobs=1):
        self.n_epochs = n_epochs
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X, y):
        """X: the 20 declared columns; y: 1 = fraud, 0 = honest, -1 = not inspected."""
        torch.manual_seed(self.random_state)
        torch.set_num_threads(self.n_jobs)
        self.X_, self.y_, self.classes_ = X, y, np.array([0, 1])
        data = hetero_data(X, y, entities=SHARED)
        labels, labelled = data["declaration"].y.float(), data["declaration"].train_mask
        self.network_ = Network(data["declaration"].x.shape[1])
        optimizer = torch.optim.AdamW(self.network_.parameters(), lr=0.01, weight_decay=0.001)
        for _ in range(self.n_epochs):
            # Half of the labels are sent as messages; the network learns to predict the others.
            sent = labelled & (torch.rand(len(y)) < 0.5)
            target = labelled & ~sent
            log_odds = self.network_(data, sent)[target]
            loss = nn.functional.binary_cross_entropy_with_logits(log_odds, labels[target])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return self

    @torch.no_grad()
    def predict_proba(self, X):
        """Return one row per declaration: probability of honest, probability of fraud."""
        data = hetero_data(self.X_, self.y_, X, entities=SHARED)
        log_odds = self.network_.eval()(data, data["declaration"].train_mask)
        fraud = log_odds[len(self.X_) :].sigmoid().numpy()
        return np.column_stack([1 - fraud, fraud])
