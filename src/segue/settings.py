"""Settings: every choice a person can make, in one class, with its meaning and unit under it.

Read from ``segue.toml`` in the workspace, then from environment variables (``SEGUE_STORAGE__URL`` …), which win.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from .errors import SettingsError, in_one_line
from .events import EventKind

Share = Annotated[float, Field(ge=0, le=1)]


class Group(BaseModel):
    """A table of ``segue.toml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class StorageSettings(Group):
    """``[storage]``"""

    url: str = ""
    """SQLAlchemy URL of the rows. Empty: ``segue.db`` (SQLite) in the workspace."""


class MediaSettings(Group):
    """``[media]``: reading untrusted files with ffmpeg."""

    timeout_s: float = 120
    """Seconds that one file may take; where it is listened to, as much again for every hour of sound."""
    memory_mb: int = 1500
    """Memory that ffmpeg may use for one file."""
    max_file_gb: float = 64
    """Larger files are reported and skipped."""
    roots: tuple[str, ...] = ()
    """Folders outside the workspace whose files may be read and played, besides those that were imported as folders."""

    def folders(self, workspace: Path) -> list[Path]:
        """Where files may lie: the workspace and the roots, every link followed."""
        return [workspace.resolve(), *(Path(root).expanduser().resolve() for root in self.roots)]


class UnderstandingSettings(Group):
    """``[understanding]``"""

    alpha: Share = 0.6
    """Weight of the words in the mixed embedding: e = α·e_text + (1-α)·e_media."""
    text_model: str = ""
    """A sentence-transformers folder or name. Empty: the all-MiniLM-L6-v2 that the base install carries."""
    batch_size: Annotated[int, Field(ge=1)] = 64
    """Texts encoded at once."""
    workers: Annotated[int, Field(ge=0)] = 0
    """Processes that look and listen. 0: one a core."""
    max_audio_s: float = 10_800
    """Seconds of sound listened to in one file, from its beginning."""
    max_frames: int = 64
    """Key frames looked at in one file, spread evenly over it."""
    serving_dim: Annotated[int, Field(ge=8)] = 128
    """Dimensions that content vectors are reduced to (PCA) for serving."""


class TrainSettings(Group):
    """``[train]``"""

    models: tuple[str, ...] = (
        "popular_all",
        "popular_recent",
        "item_knn",
        "user_knn",
        "als",
        "bpr",
        "ease",
        "content",
        "content_text",
        "content_audio",
        "content_picture",
    )
    """What `segue train` fits."""
    tries: tuple[str, ...] = ()
    """What `segue train --recipe best` tries besides most-popular. Empty: what fits the data's size by the table in
    ``segue.training.contenders``."""
    minutes: Annotated[float, Field(gt=0)] = 30
    """What a model may take under ``--recipe best``: one that is expected to take longer is not tried, and a network
    that does take longer is ended with its best state. Where ``tries`` states the models, there is no limit."""
    device: str = "auto"
    """Where networks are trained: ``cpu``, ``cuda``, ``cuda:1`` …; ``auto``: a GPU where there is one."""
    seed: int = 7
    """Makes a training repeatable, but for networks that `minutes` has ended."""
    test_share: Share = 0.1
    """Share of the events, the newest, that the time split tests on; as much again before it is for validation."""
    keep_versions: Annotated[int, Field(ge=1)] = 3
    """Older versions are deleted, except the one that serves."""


class SessionSettings(Group):
    """``[session]``: the dynamic adjustment v_u ← v_u + λ·f_U(v_u, d_t)."""

    step: Share = 0.35
    """λ: how far one event moves the session vector."""
    gap_s: float = 1800
    """A pause of this many seconds begins a new session."""
    events: Annotated[int, Field(ge=1)] = 50
    """Newest events of the session that count."""


class FilterSettings(Group):
    """``[filters]``: what may be shown. Never part of a rank."""

    max_maturity: int | None = None
    """Ceiling for everybody; a query can only lower it."""
    allow_explicit: bool = True
    """False hides items marked explicit."""
    hide_seen: bool = True
    """Leave out what the person has met, in the recipes that recommend something new."""
    snooze_days: float = 30
    """How long a snooze without a value lasts."""


def _blend() -> dict[str, dict[str, float]]:
    return {
        "home": {
            "ease": 1.0,
            "als": 0.6,
            "item_knn": 0.4,
            "user_knn": 0.3,
            "bpr": 0.2,
            "content": 0.5,
            "session": 0.5,
            "popular_recent": 0.2,
        },
        "similar": {"content": 1.0, "item_knn": 0.6, "ease": 0.6},
        "radio": {"content": 1.0, "item_knn": 0.6, "ease": 0.4, "session": 0.6},
        "search": {"words": 1.0, "meaning": 1.0},
    }


class RankingSettings(Group):
    """``[ranking]``"""

    blend: dict[str, dict[str, float]] = Field(default_factory=_blend)
    """Per recipe: weight of each model's score, after it has been standardised over the candidates. Edit freely; the
    recipes not named here keep theirs. ``best`` has what the training learnt, unless a table ``best`` is stated (or
    ``best_new best_few best_warm``, by how much is known of a person)."""
    fusion: dict[str, Literal["scores", "ranks"]] = Field(default_factory=dict)
    """Per table of ``blend``: how scores become one. ``scores`` (where nothing is stated): the weighted mean of
    standard scores; ``ranks``: weighted reciprocal-rank fusion."""
    candidates: Annotated[int, Field(ge=10)] = 300
    """How many items each source proposes."""
    diversity: Share = 0.25
    """1-λ of maximal marginal relevance: 0 ranks by score alone."""
    one_per_group: bool = True
    """One entry per series or album in a list."""

    @field_validator("blend")
    @classmethod
    def _keep_the_others(cls, stated: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
        return {**_blend(), **stated}


class ServerSettings(Group):
    """``[server]``"""

    host: str = "127.0.0.1"
    """Address to listen on. Anything but this machine's own wants an ``api_key``."""
    port: Annotated[int, Field(ge=0, le=65535)] = 8765
    """Port to listen on; 0: any that is free."""
    workers: Annotated[int, Field(ge=1)] = 1
    """Processes that answer requests."""
    api_key: SecretStr | None = None
    """When set, every call of ``/v1`` must carry ``Authorization: Bearer KEY``."""
    root_path: str = ""
    """Path below which a reverse proxy serves Segue, for example ``/segue``."""
    log_impressions: bool = True
    """Whether the pages record which cards a person saw, with rank and request id."""


class Settings(BaseSettings):
    """All settings of a workspace."""

    model_config = SettingsConfigDict(env_prefix="SEGUE_", env_nested_delimiter="__", extra="forbid", frozen=True)

    storage: StorageSettings = StorageSettings()
    media: MediaSettings = MediaSettings()
    understanding: UnderstandingSettings = UnderstandingSettings()
    train: TrainSettings = TrainSettings()
    models: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """``[models.ease]`` …: settings of single models, checked by the model that they name."""
    session: SessionSettings = SessionSettings()
    filters: FilterSettings = FilterSettings()
    ranking: RankingSettings = RankingSettings()
    server: ServerSettings = ServerSettings()
    signals: dict[EventKind, float] = Field(
        default_factory=lambda: {
            EventKind.CLICK: 0.2,
            EventKind.PLAY: 0.6,
            EventKind.COMPLETE: 1.0,
            EventKind.SKIP: -0.6,
            EventKind.ABANDON: -0.3,
            EventKind.LIKE: 1.0,
            EventKind.DISLIKE: -1.0,
            EventKind.RATE: 1.0,
            EventKind.SHARE: 1.0,
            EventKind.ADD_TO_LIST: 0.8,
            EventKind.FOLLOW: 0.8,
            EventKind.NOT_INTERESTED: -1.0,
            EventKind.BLOCK: -1.0,
        }
    )
    """How much each kind of event speaks for (> 0) or against (< 0) its item; kinds not named say nothing."""
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    """What the commands and the server say on stderr; ``info`` has a line for every request."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over what the file said (handed in as arguments by `load`)."""
        return env_settings, init_settings

    @classmethod
    def load(cls, workspace: Path) -> Settings:
        """Settings of the workspace: its ``segue.toml``, if there is one, below the environment.

        Raises:
            SettingsError: the file is not TOML, or a value is impossible; the message names file, key and expectation.
        """
        path = workspace / "segue.toml"
        try:
            stated = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path} is not valid TOML: {error}.") from error
        except OSError as error:
            raise SettingsError(f"{path} cannot be read: {error.strerror}.") from error
        try:
            return cls(**stated)
        except ValidationError as error:
            raise SettingsError(f"Settings of {path} cannot be used: {in_one_line(error)}.") from error
