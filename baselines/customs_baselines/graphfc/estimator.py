"""The estimator: own score, messages and network put together."""

from __future__ import annotations

from typing import ClassVar, Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin

from customs_baselines.graphfc.context import Floats, Integers, Links, canonical_order
from customs_baselines.graphfc.ensemble import Committee, Examples, Task, Unlabelled
from customs_baselines.graphfc.explanation import Neighbourhood, explain
from customs_baselines.graphfc.graph_reader import Features, GraphReader, Scaler
from customs_baselines.graphfc.masks import draw_masks, draw_unlabelled
from customs_baselines.graphfc.messages import MESSAGES, MessagePasser, Signals
from customs_baselines.graphfc.own_score import OwnScore
from customs_baselines.graphfc.pretraining import check_objective
from customs_baselines.networks.training_by_steps import Schedule
from customs_data.errors import KitError
from customs_data.schema import ERASED, KEY

Labels = npt.NDArray[np.int8]

# With fewer labels the network reads messages only, and trains for less long (measured at 1, 2, 10
# and 100 % of the labels of worlds of seeds 9000-9003, as were the constants below).
_MANY_LABELS: Final = 10_000
_LONG: Final = Schedule(n_steps=200, learning_rate=4e-3)
_SHORT: Final = Schedule(n_steps=60, learning_rate=2e-3)
_CAUTION: Final = 200.0  # labels; caution is this over their number ...
_MOST_CAUTION: Final = 0.5  # ... and at most this
# Correct and smooth: what is added to the own score before anything is learned. Few labels are far
# from most declarations, and must be carried further.
_NEAR: Final = MESSAGES.index("importer, seller, line, 2 rounds")
_FAR: Final = MESSAGES.index("importer, seller, line, 8 rounds")
_CORRECT_NEAR: Final = 1.5  # log-odds for one unit of residual
_CORRECT_FAR: Final = 2.0
_SMOOTH: Final = 0.5  # share of the way to the (near) neighbours' own scores
_MOST_TARGETS: Final = 400_000  # over all masks, so that memory stays linear with a small factor


class GraphNetworkModel(ClassifierMixin, BaseEstimator):
    """A graph network over declarations and the entities they are linked to.

    1. Boosted trees score a declaration by itself (`OwnScore`): recipe `kit` without risk profiles,
       and structural statistics of its traders and their partners. They read no label but their
       targets', and a training declaration is scored out of its own stretch of time.
    2. Messages come along links to importers, sellers, declarants, goods, routes and conjunctions
       of these, and along walks (`MessagePasser`): residuals of revealed labels, how many there
       are, and the neighbours' own scores - unlabelled neighbours' too.
    3. Own score, corrected and smoothed by one walk, is where a message network starts; it learns
       the rest (`MessageNetwork`) with part of the labels hidden as its targets (`draw_masks`).

    Parameters
    ----------
    convolution : {'relational', 'gated_mean', 'sage', 'attention'}
        How messages are put together; see `MessageNetwork`.
    n_masks : int
        Ways to hide labels.
    n_networks : int
        Networks whose log-odds are averaged.
    critical_weight : float
        Weight of the second task, critical fraud, in the loss.
    pretraining : {'none', 'contrastive', 'neighbourhood'}
        What the network learns first, without labels; see `pretrain`.
    random_state : int
        Seed of trees, masks and networks.
    n_jobs : int
        Threads.
    device : {'auto', 'cpu', 'cuda'}
        Where the network computes.

    Attributes
    ----------
    past_only : bool
        True: later declarations join the graph when they are scored, and each sees only what was
        filed before. Their scores depend on which declarations are scored with them, not on the
        order of the rows. False: everything sees everything.

    References
    ----------
    Singh et al. (2023), arXiv:2305.11377 (GraphFC: trees, then a graph network); Huang et al.
    (2021), arXiv:2010.13993 (correct and smooth); Shi et al. (2021), arXiv:2009.03509 (labels in
    messages, part of them masked as targets).
    """

    past_only: ClassVar[bool] = True

    def __init__(
        self,
        convolution: str = "relational",
        n_masks: int = 12,
        n_networks: int = 2,
        critical_weight: float = 0.0,
        pretraining: str = "none",
        random_state: int = 0,
        n_jobs: int = 1,
        device: str = "cpu",
    ) -> None:
        self.convolution = convolution
        self.n_masks = n_masks
        self.n_networks = n_networks
        self.critical_weight = critical_weight
        self.pretraining = pretraining
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.device = device

    def fit(self, X: pd.DataFrame, y: Labels, *, y_critical: Labels | None = None) -> Self:
        """Learn from labelled declarations; unlabelled ones are part of the graph.

        Parameters
        ----------
        X : DataFrame, shape (n_train, 20)
            Declared columns, in any order.
        y : ndarray of int8, shape (n_train,)
            1 = fraud, 0 = honest, -1 = unlabelled.
        y_critical : ndarray of int8, shape (n_train,), optional
            2 = critical fraud; read if `critical_weight` is not 0.

        Raises
        ------
        KitError
            If no declaration has a label.
        """
        return self._fit(X, y, y_critical, None)

    def predict_proba(self, X: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return probabilities, shape (n_declarations, 2): honest, fraud."""
        if len(X) == 0:
            return np.empty((0, 2))
        context = self.extend_context(X)
        places = pd.Index(context[KEY]).get_indexer(pd.Index(X[KEY]))
        if self.known_ is not None and len(context) == len(self.known_):
            score = self.known_[places]
        else:
            rows, back = np.unique(places, return_inverse=True)
            score = self.score_context(context, rows)[back]
        fraud = 1.0 / (1.0 + np.exp(-score))
        return np.column_stack([1.0 - fraud, fraud])

    def explain_declaration(
        self, X: pd.DataFrame, declaration_id: str, n_neighbours: int = 10
    ) -> Neighbourhood:
        """Return the neighbours that moved a declaration's score, found by deleting each.

        Parameters
        ----------
        X : DataFrame, shape (n_declarations, 20)
            The declarations that were scored, this one among them (or in training).
        declaration_id : str
            Which one.
        n_neighbours : int
            How many neighbours, the closest ones, are deleted one by one.

        Raises
        ------
        KitError
            If there is no such declaration.
        """
        return explain(self, self.extend_context(X), self.y_, declaration_id, n_neighbours)

    def extend_context(self, X: pd.DataFrame | None) -> pd.DataFrame:
        """The graph's declarations, those of `X` that are new last, in canonical order."""
        if X is None or len(X) == 0:
            return self.context_
        new = X[~X[KEY].isin(self.context_[KEY])]
        new = new.iloc[canonical_order(new)]
        return pd.concat([self.context_, new], ignore_index=True)

    def score_context(
        self, context: pd.DataFrame, rows: Integers, absent: Integers | None = None
    ) -> Floats:
        """Log-odds of fraud of some declarations of a graph, shape (n_rows,).

        Parameters
        ----------
        context : DataFrame
            From `extend_context`.
        rows, absent : ndarray of int64
            Positions to score, and positions of declarations deleted from the graph.
        """
        features, links = self.reader_.read(context, absent)
        return self._score(features, links, rows)

    def _fit(
        self,
        X: pd.DataFrame,
        y: Labels,
        y_critical: Labels | None,
        X_test: pd.DataFrame | None,
    ) -> Self:
        check_objective(self.pretraining)
        order = canonical_order(X)
        self.y_ = np.asarray(y, dtype=np.int8)[order]
        labelled = np.flatnonzero(self.y_ >= 0)
        if len(labelled) == 0:
            raise KitError("The training labels must hold some known ones, however: all are -1.")
        self.context_ = X.iloc[order].reset_index(drop=True)
        self.reader_ = GraphReader(past_only=self.past_only).fit(self.context_)
        self.context_ = self.extend_context(X_test)
        features, links = self.reader_.read(self.context_)
        n = len(self.y_)
        self.own_score_ = OwnScore(random_state=self.random_state, n_jobs=self.n_jobs)
        self.own_score_.fit(features[:n], self.y_)
        # Labels after a target are revealed in training (past_only=False): a gap hides the others.
        passer = self._passer(links, self._states(features), past_only=False)
        rng = np.random.default_rng(self.random_state)
        heard, targets = [], []
        for revealed, hidden in draw_masks(links.day, labelled, self.n_masks, rng):
            most = max(_MOST_TARGETS // self.n_masks, 1)
            kept = hidden if len(hidden) <= most else np.sort(rng.choice(hidden, most, False))
            heard.append(passer.messages(revealed, kept))
            targets.append(kept)
        messages, rows = np.concatenate(heard), np.concatenate(targets)
        self.message_scaler_ = Scaler().fit(messages.reshape(len(messages), -1))
        self.has_many_labels_ = len(labelled) >= _MANY_LABELS
        self.feature_scaler_ = Scaler().fit(features[:n])
        critical = np.full(n, ERASED) if y_critical is None else np.asarray(y_critical)[order]
        second = np.where(critical >= 0, critical == 2, np.nan).astype(np.float32)
        examples = self._examples(messages, rows, passer.signals.state, features[:n])
        self.networks_ = Committee(self.n_networks, self.random_state, self.n_jobs, self.device)
        self.networks_.fit(
            examples,
            (self.y_[rows] == 1).astype(np.float32),
            second[rows],
            Task(
                self.convolution,
                min(_CAUTION / len(labelled), _MOST_CAUTION),
                self.critical_weight,
                _LONG if self.has_many_labels_ else _SHORT,
                self.pretraining,
            ),
            self._unlabelled(passer, labelled, features[:n], rng),
        )
        self.known_: Floats | None = None
        if not self.past_only:
            self.known_ = self._score(features, links, np.arange(len(links)))
        self.classes_ = np.array([0, 1])
        return self

    def _unlabelled(
        self,
        passer: MessagePasser,
        labelled: Integers,
        features: Features,
        rng: np.random.Generator,
    ) -> Unlabelled | None:
        if self.pretraining == "none":
            return None
        revealed, rows, partner = draw_unlabelled(passer.links, len(features), labelled, rng)
        messages = passer.messages(revealed, rows)
        return Unlabelled(self._examples(messages, rows, passer.signals.state, features), partner)

    def _states(self, features: Features) -> Floats:
        n = len(self.y_)
        train, later = features[:n], features[n:]
        return np.concatenate(
            [self.own_score_.score_training(train), self.own_score_.score_later(later)]
        )

    def _passer(self, links: Links, state: Floats, *, past_only: bool) -> MessagePasser:
        n = len(self.y_)
        expected = 1.0 / (1.0 + np.exp(-state[:n]))
        residual = np.zeros(len(links))
        residual[:n] = np.where(self.y_ >= 0, (self.y_ == 1) - expected, 0.0)
        return MessagePasser(links, Signals(residual, state), past_only=past_only)

    def _examples(
        self, messages: Features, rows: Integers, state: Floats, features: Features
    ) -> Examples:
        if self.has_many_labels_:
            residual = _CORRECT_NEAR * messages[:, _NEAR, 0]
        else:
            residual = _CORRECT_FAR * messages[:, _FAR, 0]
        start = state[rows] + residual + _SMOOTH * messages[:, _NEAR, 2]
        heard = self.message_scaler_.transform(messages.reshape(len(messages), -1))
        own = np.empty((len(features), 0), dtype=np.float32)
        if self.has_many_labels_:
            own = self.feature_scaler_.transform(features)
        return Examples(start.astype(np.float32), heard.reshape(messages.shape), own, rows)

    def _score(self, features: Features, links: Links, rows: Integers) -> Floats:
        state = self._states(features)
        revealed = np.zeros(len(links), dtype=np.bool_)
        revealed[: len(self.y_)] = self.y_ >= 0
        passer = self._passer(links, state, past_only=self.past_only)
        return self.networks_.score(
            self._examples(passer.messages(revealed, rows), rows, state, features)
        )
