"""The estimator: networks over messages, trees on the table and effects of traders together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from customs_baselines.catalogue import find_baseline
from customs_baselines.classifier import DeclarationClassifier
from customs_baselines.contract import make_model
from customs_baselines.graphfc.context import Floats, Integers, Links, canonical_order
from customs_baselines.graphfc.ensemble import Examples, NetworkEnsemble, TrainingSettings
from customs_baselines.graphfc.explanation import Neighbourhood, explain
from customs_baselines.graphfc.graph_reader import Features, GraphReader, Scaler
from customs_baselines.graphfc.masks import draw_masks
from customs_baselines.graphfc.messages import MessagePasser, Signals, message_names
from customs_baselines.graphfc.own_score import OwnScore
from customs_baselines.mixed.estimator import GraphMixedEffects
from customs_baselines.networks.device import choose_device, repeatable
from customs_baselines.networks.training_by_steps import Schedule
from customs_baselines.shapes.log_odds import log_odds, mean_of_opinions
from customs_baselines.steps import step
from customs_data.errors import KitError
from customs_data.schema import KEY

Labels = npt.NDArray[np.int8]

# With fewer labels the networks read messages only and train for fewer steps. Measured, like the
# constants below, with 1, 2, 10 and 100 % of the labels of worlds of seeds 9000-9003.
_MANY_LABELS: Final = 10_000
_LONG: Final = Schedule(n_steps=200, learning_rate=4e-3)
_SHORT: Final = Schedule(n_steps=60, learning_rate=2e-3)
_CAUTION: Final = 200.0  # labels; caution is this over their number ...
_MOST_CAUTION: Final = 0.5  # ... and at most this
# Correct and smooth: what is added to the own score before anything is learned. Where labels are
# few they are far from most declarations, so the long walk carries them.
_NEAR: Final = message_names(past_only=True).index("importer, seller, line, 2 rounds")
_FAR: Final = message_names(past_only=True).index("importer, seller, line, 8 rounds")
_CORRECT_NEAR: Final = 1.5  # log-odds for one unit of residual
_CORRECT_FAR: Final = 2.0
_SMOOTH: Final = 0.5  # share of the way to the (near) neighbours' own scores
_MOST_TARGETS: Final = 400_000  # over all masks, so that memory stays linear with a small factor
# Weights of the three log-odds: networks, table and mixed effects. They make different mistakes: on
# four worlds of the kit's own, each alone reaches a precision@5 % of .752, .762, .749 with all
# labels, .514, .575, .588 with a tenth and .363, .402, .459 with 2 %; the mean .765, .608, .476.
_TABLE: Final = "xgboost"
_NETWORKS_SHARE: Final = 0.25
_TABLE_SHARE: Final = 0.35
_EFFECTS_SHARE: Final = 0.4
_LEAST: Final = 1e-6  # probabilities of the table closer to 0 or 1 count as this


@dataclass(frozen=True)
class TrainingGraph:
    """The graph that the networks are trained on.

    Attributes
    ----------
    passer : MessagePasser
        Messages of the graph.
    features : ndarray of float32, shape (n_train, n_features)
        Features of the training declarations, the first of the graph.
    labelled : ndarray of int64, shape (n_labels,)
        Positions of the known labels.
    rng : Generator
        Source of masks and other draws.
    """

    passer: MessagePasser
    features: Features
    labelled: Integers
    rng: np.random.Generator


class GraphNetworkModel(DeclarationClassifier):
    """A graph network over declarations and the entities they are linked to.

    1. Boosted trees score a declaration by itself (`OwnScore`). They read recipe `kit` without risk
       profiles, and structural statistics of its traders and their partners.
    2. Messages reach it over the edges of a `HeteroData` (importers, sellers, declarants, goods,
       routes, conjunctions), over walks, and from importers with similar partners
       (`MessagePasser`): residuals of revealed labels, their number, and the own scores of all
       neighbours, labelled or not.
    3. With part of the labels hidden as targets (`draw_masks`), message networks
       (`MessageNetwork`) correct the own score.
    4. The score is a weighted mean of their log-odds, of those of `xgboost`, which knows the
       traders' histories best, and of those of `GraphMixedEffects`, which learns most from few
       labels.

    Parameters
    ----------
    n_masks : int
        Number of ways to hide labels.
    n_networks : int
        Networks whose log-odds are averaged.
    random_state : int
        Seed of trees, masks and networks.
    n_jobs : int
        Threads.
    device : {'auto', 'cpu', 'cuda'}
        Where the networks compute.

    Attributes
    ----------
    past_only : bool
        True: later declarations join the graph when they are scored, and each reads only what was
        filed before. Their scores depend on the declarations scored with them, not on the order of
        the rows. False: every declaration reads all others.

    References
    ----------
    Singh et al. (2023), arXiv:2305.11377 (GraphFC: trees, then a graph network); Huang et al.
    (2021), arXiv:2010.13993 (correct and smooth); Shi et al. (2021), arXiv:2009.03509 (labels in
    messages, part of them masked as targets); Frasca et al. (2020), arXiv:2004.11198 (sums over
    the graph first, learning after).
    """

    past_only: ClassVar[bool] = True

    def __init__(
        self,
        n_masks: int = 8,
        n_networks: int = 2,
        random_state: int = 0,
        n_jobs: int = 1,
        device: str = "cpu",
    ) -> None:
        self.n_masks = n_masks
        self.n_networks = n_networks
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.device = device

    def fit(self, X: pd.DataFrame, y: Labels) -> Self:
        """Learn from labelled declarations; unlabelled ones are part of the graph.

        Parameters
        ----------
        X : DataFrame, shape (n_train, 20)
            Declared columns, in any order.
        y : ndarray of int8, shape (n_train,)
            1 = fraud, 0 = honest, -1 = unlabelled.

        Raises
        ------
        KitError
            If no declaration has a label.
        """
        return self._fit(X, y, None)

    def make_ensemble(self, graph: TrainingGraph) -> NetworkEnsemble:
        """Return the untrained networks; a subclass may read the graph."""
        return NetworkEnsemble(self.n_networks, self.random_state, self.n_jobs, self.device)

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
        fraud = expit(score)
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
        n_neighbours : int
            Number of neighbours to delete one by one, closest first.

        Raises
        ------
        KitError
            If there is no such declaration.
        """
        return explain(self, self.extend_context(X), self.y_, declaration_id, n_neighbours)

    def extend_context(self, X: pd.DataFrame | None) -> pd.DataFrame:
        """Return the graph's declarations, then the new ones of `X` in canonical order."""
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
        passer = self._passer(links, self._states(features), past_only=self.past_only)
        return self._score(context, features, passer, rows)

    def _fit(self, X: pd.DataFrame, y: Labels, X_test: pd.DataFrame | None) -> Self:
        order = canonical_order(X)
        self.y_ = np.asarray(y, dtype=np.int8)[order]
        labelled = np.flatnonzero(self.y_ >= 0)
        if len(labelled) == 0:
            raise KitError("No training declaration has a label. Raise the label rate.")
        self.has_many_labels_ = len(labelled) >= _MANY_LABELS
        self.context_ = X.iloc[order].reset_index(drop=True)
        self.reader_ = GraphReader(past_only=self.past_only).fit(self.context_)
        self.context_ = self.extend_context(X_test)
        features, links = self.reader_.read(self.context_)
        train = features[: len(self.y_)]
        self.own_score_ = OwnScore(random_state=self.random_state, n_jobs=self.n_jobs)
        self.own_score_.fit(train, self.y_)
        # Targets may read labels of later days (past_only=False): masks hide those near in time.
        passer = self._passer(links, self._states(features), past_only=False)
        rng = np.random.default_rng(self.random_state)
        graph = TrainingGraph(passer, train, labelled, rng)
        examples = self._masked_examples(graph)
        settings = TrainingSettings(
            min(_CAUTION / len(labelled), _MOST_CAUTION),
            _LONG if self.has_many_labels_ else _SHORT,
        )
        truth = (self.y_[examples.row] == 1).astype(np.float32)
        self.networks_ = self.make_ensemble(graph).fit(self.narrow(examples), truth, settings)
        train_rows, later = self.context_.iloc[: len(self.y_)], self.context_.iloc[len(self.y_) :]
        offered = {"random_state": self.random_state, "n_jobs": self.n_jobs}
        self.table_ = make_model(find_baseline(_TABLE).load_class(), offered)
        with step("trees on the table"):
            self.table_.fit(train_rows, self.y_)
        self.effects_ = GraphMixedEffects().fit(
            train_rows, self.y_, X_test=later if len(later) else None
        )
        self.known_: Floats | None = None
        if not self.past_only:
            everything = np.arange(len(links))
            self.known_ = self._score(self.context_, features, passer, everything)
        self.classes_ = np.array([0, 1])
        return self

    def _masked_examples(self, graph: TrainingGraph) -> Examples:
        """Fit the scalers; return the hidden labels of all masks as examples."""
        most = max(_MOST_TARGETS // self.n_masks, 1)
        parts, targets = [], []
        for revealed, hidden in draw_masks(
            graph.passer.links.day, graph.labelled, self.n_masks, graph.rng
        ):
            if len(hidden) > most:
                hidden = np.sort(graph.rng.choice(hidden, most, replace=False))
            parts.append(graph.passer.messages(revealed, hidden))
            targets.append(hidden)
        messages = np.concatenate(parts)
        self.message_scaler_ = Scaler().fit(messages.reshape(len(messages), -1))
        self.feature_scaler_ = Scaler().fit(graph.features)
        state = graph.passer.signals.state
        return self.make_examples(messages, np.concatenate(targets), state, graph.features)

    def _states(self, features: Features) -> Floats:
        n = len(self.y_)
        train, later = features[:n], features[n:]
        return np.concatenate(
            [self.own_score_.score_training(train), self.own_score_.score_later(later)]
        )

    def _passer(self, links: Links, state: Floats, *, past_only: bool) -> MessagePasser:
        n = len(self.y_)
        expected = expit(state[:n])
        residual = np.zeros(len(links))
        residual[:n] = np.where(self.y_ >= 0, (self.y_ == 1) - expected, 0.0)
        device = choose_device(self.device)
        with repeatable(self.random_state, self.n_jobs, device):
            return MessagePasser(
                links,
                Signals(residual, state),
                past_only=past_only,
                similar=not self.past_only,
                device=device,
            )

    def make_examples(
        self, messages: Features, rows: Integers, state: Floats, features: Features
    ) -> Examples:
        """Return what the networks read of `rows`, given their messages.

        Parameters
        ----------
        messages : ndarray of float32, shape (n_rows, n_messages, 3)
        rows : ndarray of int64, shape (n_rows,)
        state : ndarray of float64, shape (n_declarations,)
            Own scores.
        features : ndarray of float32, shape (n_declarations, n_features)
        """
        if self.has_many_labels_:
            residual = _CORRECT_NEAR * messages[:, _NEAR, 0]
        else:
            residual = _CORRECT_FAR * messages[:, _FAR, 0]
        start = state[rows] + residual + _SMOOTH * messages[:, _NEAR, 2]
        scaled = self.message_scaler_.transform(messages.reshape(len(messages), -1))
        own = self.feature_scaler_.transform(features)
        own_score = state[rows].astype(np.float32)
        return Examples(
            own_score, start.astype(np.float32), scaled.reshape(messages.shape), own, rows
        )

    def _score(
        self, context: pd.DataFrame, features: Features, passer: MessagePasser, rows: Integers
    ) -> Floats:
        revealed = np.zeros(len(features), dtype=np.bool_)
        revealed[: len(self.y_)] = self.y_ >= 0
        state = passer.signals.state
        messages = passer.messages(revealed, rows)
        examples = self.make_examples(messages, rows, state, features)
        networks = self.networks_.score(self.narrow(examples))
        declarations = context.iloc[rows]
        table = log_odds(self.table_.predict_proba(declarations)[:, 1], _LEAST)
        effects = self.effects_.log_odds(declarations)
        others = (_NETWORKS_SHARE * networks + _TABLE_SHARE * table) / (1.0 - _EFFECTS_SHARE)
        return mean_of_opinions(others, effects, share=_EFFECTS_SHARE)

    def narrow(self, examples: Examples) -> Examples:
        """Return the networks' examples: without features where labels are few."""
        if self.has_many_labels_:
            return examples
        return replace(examples, features=examples.features[:, :0])
