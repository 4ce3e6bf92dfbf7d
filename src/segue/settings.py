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
from .grants import GRANTS, Grant
from .items import ItemKind

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
    """A sentence-transformers folder or name, a folder of `segue export-encoder`, or ``bag_of_words`` (TF-IDF, hashed).
    Empty: the all-MiniLM-L6-v2 that the base install carries."""
    picture_model: str = ""
    """A transformers folder or name of the kind CLIP, SigLIP, SigLIP 2, ResNet or another vision backbone. Empty:
    colour, texture and movement, which need no weights."""
    audio_model: str = ""
    """A transformers folder or name of the kind CLAP. Empty: timbre, harmony and rhythm, which need no weights."""
    allow_download: bool = False
    """Whether a model that is on no folder and not in the local Hugging Face cache may be fetched from the network."""
    device: str = "auto"
    """Where encoders are computed: ``cpu``, ``cuda``, ``cuda:1`` …; ``auto``: a GPU where there is one."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """Of pre-trained encoders. ``auto``: bf16 on GPUs and processors that multiply it faster, fp32 elsewhere."""
    batch_size: Annotated[int, Field(ge=1)] = 64
    """Texts, pictures or pieces of sound encoded at once; halved where they do not fit in memory."""
    workers: Annotated[int, Field(ge=0)] = 0
    """Processes that look and listen. 0: one a core."""
    max_audio_s: float = 10_800
    """Seconds of sound listened to in one file, from its beginning."""
    max_frames: Annotated[int, Field(ge=1)] = 2000
    """Key frames looked at in one file, spread evenly over it."""
    film_pictures: bool = True
    """Whether a thumbnail, a contact sheet and a short preview are made of each film, in ``derived``."""
    shot_order: Share = 0.3
    """Weight of the order of its shots in how a film looks; 0: the order counts only as far as its halves differ."""
    serving_dim: Annotated[int, Field(ge=8)] = 128
    """Dimensions that content vectors are reduced to (PCA) for serving."""


class SpeechSettings(Group):
    """``[speech]``: words that are spoken or sung, where neither subtitles nor lyrics say them."""

    url: str = ""
    """OpenAI-compatible server, such as ``http://127.0.0.1:8000/v1``, whose ``/audio/transcriptions`` is asked. Empty:
    none."""
    api_key: SecretStr | None = None
    """Sent to that server as ``Authorization: Bearer KEY``; never logged."""
    server_model: str = "whisper-1"
    """What the server calls the model that is to listen."""
    model: str = ""
    """A Whisper folder or name for transformers, used where no ``url`` is set. Empty: none."""
    kinds: tuple[ItemKind, ...] = ()
    """Kinds of items that are listened to, such as ``podcast_episode``. Empty: all."""
    timeout_s: Annotated[float, Field(gt=0)] = 300
    """Seconds that the server may take for one piece of at most ten minutes."""
    max_mb: Annotated[float, Field(ge=1)] = 24
    """Largest upload in MiB; a sound is sent in as many pieces as that takes."""
    max_hours: Annotated[float, Field(gt=0)] = 4
    """Of a longer file only so much is listened to, from its beginning."""


class LlmSettings(Group):
    """``[llm]``: a language model behind an OpenAI-compatible URL, or in this process. Everything works without."""

    url: str = ""
    """Base URL, for example ``http://localhost:11434/v1``; ``transformers``: each process loads the model itself.
    Empty: no language model is asked."""
    model: str = ""
    """Name of the model, as the server calls it; for ``transformers`` a folder (relative to the workspace, or absolute)
    or a name in the local Hugging Face cache."""
    api_key: SecretStr | None = None
    """Sent as ``Authorization: Bearer KEY``; better stated as ``SEGUE_LLM__API_KEY`` than in a file."""
    timeout_s: Annotated[float, Field(gt=0)] = 60
    """Seconds that one call may take in all."""
    first_token_s: Annotated[float, Field(gt=0)] = 20
    """Seconds until the first word of an answer that streams, and the longest silence within it."""
    retries: Annotated[int, Field(ge=0, le=10)] = 3
    """How often a call that failed (429, 5xx, no connection) is made again, each time after a longer pause."""
    max_parallel: Annotated[int, Field(ge=1, le=64)] = 4
    """Calls under way at once, of one run or one server process. Where somebody waits for the answer, as many again may
    wait for their call; whoever comes on top of that goes without a language model at once."""
    budget_calls: Annotated[int, Field(ge=0)] = 2000
    """Calls that one run may make; then it stops, says so, and the next run goes on. 0: no limit."""
    budget_tokens: Annotated[int, Field(ge=0)] = 0
    """Tokens, read and written, that one run may use. 0: no limit."""
    tokens_per_day: Annotated[int, Field(ge=0)] = 0
    """Tokens, read and written, that everything together may use in a day (UTC), counted in the database. 0: no
    limit."""
    tokens_per_person: Annotated[int, Field(ge=0)] = 0
    """Tokens of a day (UTC) that may be used for one person. 0: no limit."""
    max_answer_tokens: Annotated[int, Field(ge=16)] = 1000
    """Longest answer that is asked for."""
    price_in: Annotated[float, Field(ge=0)] = 0
    """What a million tokens read cost, in any money: counted in ``/metrics``."""
    price_out: Annotated[float, Field(ge=0)] = 0
    """What a million tokens written cost."""
    rewrite: bool = True
    """Whether it may put a search in other words that the built-in search is not sure of."""
    rewrite_s: Annotated[float, Field(gt=0, le=60)] = 3
    """Seconds that a search may wait for that; then it answers without."""
    cold_start: Annotated[float, Field(ge=0, le=1)] = 0.5
    """How far it decides the order of the first entries on the home page of somebody who is new and has said or done
    something, never of anybody else. 0: it is not asked."""
    cold_start_s: Annotated[float, Field(gt=0, le=60)] = 3
    """Seconds that this page may wait for that; then the order stays as it is."""
    words_s: Annotated[float, Field(gt=0, le=60)] = 10
    """Seconds that somebody may wait for a preview, an explanation or their portrait in its words; then code finds
    them."""
    device: str = "auto"
    """Where a model of this process is computed: ``cpu``, ``cuda``, ``cuda:1`` …; ``auto``: a GPU where there is
    one."""


class ChatSettings(Group):
    """``[chat]``: conversations. With ``[llm] url`` a language model plans and words them, within these limits."""

    within_s: Annotated[float, Field(gt=0, le=600)] = 20
    """Seconds within which a turn is answered, all calls of a language model and of tools included. Half a second
    before they are over code takes its place."""
    first_s: Annotated[float, Field(gt=0, le=600)] = 6
    """Seconds until the first word or call of a language model, and its longest silence, likewise."""
    rounds: Annotated[int, Field(ge=1, le=20)] = 6
    """How often it may be asked for one turn."""
    calls: Annotated[int, Field(ge=1, le=50)] = 8
    """Tools that it may call for one turn."""
    at_once: Annotated[int, Field(ge=1, le=1000)] = 32
    """Turns that one server process answers at once. One more waits for two seconds, and is then told to come again."""
    keep_days: Annotated[float, Field(gt=0)] = 180
    """Days after its last turn that a conversation is kept; its person can delete it at any time."""
    grants: tuple[Grant, ...] = GRANTS
    """What a conversation, or a tool called over HTTP, may write at all: plays, likes and dislikes; what is believed
    about the person; playlists."""


class PlaylistSettings(Group):
    """``[playlists]``: how many are kept, and how long those that are nobody's."""

    per_person: Annotated[int, Field(ge=1, le=100_000)] = 200
    """Playlists of one person; who wants more must delete some first."""
    unowned: Annotated[int, Field(ge=1, le=100_000)] = 2_000
    """Playlists that are nobody's, together. Where one more is made, one goes that nobody has come back to, the oldest
    first; where there is none, that which was used the longest ago."""
    unowned_days: Annotated[float, Field(gt=0)] = 30
    """Days after it was last opened, changed or played on that a playlist which is nobody's is kept."""
    refresh: bool = True
    """Whether `segue serve` makes anew what is due, in the background. False: `segue playlist refresh --due` does."""


class Label(Group):
    """One label of a closed vocabulary: ``[cataloguing.vocabularies.moods.calm]``."""

    description: str = ""
    """What it means, in English: what items are compared with."""
    zh: str = ""
    """Its name in Chinese."""
    zh_description: str = ""
    """What it means, in Chinese."""
    kinds: tuple[ItemKind, ...] = ()
    """Kinds of items that it is for. None stated: all."""
    age: Annotated[int, Field(ge=0, le=21)] | None = None
    """For content warnings: the minimum age of an item for which it is confirmed."""
    explicit: bool = False
    """For content warnings: whether an item for which it is confirmed counts as explicit."""


class CataloguingSettings(Group):
    """``[cataloguing]``: who puts labels on items, out of which closed vocabularies."""

    annotators: tuple[str, ...] = ("zero_shot", "heads", "finetuned", "language_model")
    """What `segue understand` asks for labels; the language model only where ``[llm] url`` is set."""
    finetuned: dict[str, str] = Field(default_factory=dict)
    """Heads that `segue finetune` made, for the annotator of that name: vocabulary → folder, relative to the workspace,
    such as ``genres = "finetuned/genre"``."""
    vocabularies: dict[str, dict[str, Label]] = Field(default_factory=dict)
    """Closed vocabularies by name. One stated here takes the place of the built-in one of that name (``genres tags
    moods themes audience content_warnings``); a table without labels switches it off."""
    min_confidence: Share = 0.5
    """Labels of machines below it are not kept."""
    max_labels: Annotated[int, Field(ge=1)] = 4
    """Labels of one vocabulary that a machine may put on one item, the surest first."""
    min_examples: Annotated[int, Field(ge=2)] = 10
    """Labelled items that a label needs before a head is trained for it."""
    use: bool = True
    """Whether genres and tags by machines stand in (in search, filters, reasons, models) where an item states none."""
    moderate_from: Share = 0.5
    """Content warnings by machines at least this sure wait for a person (`segue moderate`)."""
    summary_sentences: Annotated[int, Field(ge=1)] = 2
    """Sentences of an extractive summary."""


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
        "content_cf",
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


class FinetuneSettings(Group):
    """``[finetune]``: training the language model further (`segue finetune`); seed and device are of ``[train]``."""

    method: Literal["lora", "adalora", "full"] = "lora"
    """What of the encoder learns: low-rank adapters (LoRA, Hu et al. 2022), adapters whose ranks are shared out by
    importance (AdaLoRA, Zhang et al. 2023), or all its weights."""
    rank: Annotated[int, Field(ge=1)] = 16
    """Rank of the adapters; of AdaLoRA, the mean of what is left at the end."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of the numbers left out in adapters and heads."""
    frozen_layers: Annotated[int, Field(ge=0)] = 0
    """Lowest layers that stay as they are; the word vectors always do, but for continued pre-training with ``full``."""
    epochs: Annotated[int, Field(ge=1)] = 3
    """Passes over the examples at most."""
    examples: Annotated[int, Field(ge=1)] = 50_000
    """Examples in one pass at most, drawn anew each time. After each pass the state is judged and kept."""
    patience: Annotated[int, Field(ge=1)] = 2
    """Passes without a better validation after which training stops; the best state is kept."""
    batch_size: Annotated[int, Field(ge=1)] = 32
    """Examples in one step; halved where memory does not suffice."""
    learning_rate: Annotated[float, Field(gt=0)] | None = None
    """Of AdamW. Empty: 1e-3 for adapters, 1e-4 for all weights. It grows over the first tenth and falls to 0."""
    head_rate: Annotated[float, Field(gt=0)] = 10
    """How many times that rate heads have, which begin at nothing."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    """Of AdamW."""
    max_tokens: Annotated[int, Field(ge=8)] = 128
    """Longer texts are cut."""
    validation_share: Annotated[float, Field(gt=0, lt=0.5)] = 0.1
    """Share of the items (of the people, for behaviour) that is only judged on."""
    class_weights: bool = True
    """Whether labels count by how rare they are, so that all weigh the same together."""
    resample: bool = False
    """Whether examples of rare labels are drawn more often, instead of counting for more."""
    least_examples: Annotated[int, Field(ge=1)] = 10
    """A label of the catalogue with fewer examples is left out and named."""
    features: Literal["encoder", "ngrams", "both"] = "encoder"
    """What a head reads: the encoder's vector, hashed words and character n-grams (no encoder is trained; best for
    scripts that the encoder does not know), or both, weighed on the validation."""
    rating_loss: Literal["mse", "cross_entropy"] = "mse"
    """Whether ratings are learnt as numbers or as classes."""
    history: Annotated[int, Field(ge=1, le=50)] = 10
    """Titles of a person's history that are read together."""
    temperature: Annotated[float, Field(gt=0)] = 0.05
    """Of the softmax over the batch's items."""
    mask_share: Annotated[float, Field(gt=0, lt=1)] = 0.15
    """Tokens hidden in continued pre-training."""
    next_sentence: bool = False
    """Whether pre-training also asks if two sentences follow each other (Devlin et al. 2019)."""


class PeopleSettings(Group):
    """``[people]``: what is read in what people write."""

    sentiment: str = ""
    """Folder of a head that `segue finetune sentiment` made, relative to the workspace, such as
    ``finetuned/sentiment``: what `segue understand` reads verdicts with. Empty: the built-in words, English and
    Chinese, which also read every text at once."""
    attributes: tuple[str, ...] = ("age", "gender")
    """Attributes of people that may tell what somebody new is shown. They are read of those people alone whose own
    attribute ``consent`` is true, in learning and in requests alike; empty: of nobody."""


class CleaningSettings(Group):
    """``[cleaning]``: what counts less, or not at all, when models are trained. Stored events are never changed."""

    duplicates: bool = True
    """Whether the same thing done again to the same item within ``duplicate_s`` counts once (double clicks)."""
    duplicate_s: Annotated[float, Field(ge=0)] = 5
    """Seconds."""
    impossible: bool = True
    """Whether events that cannot be count for nothing: before the item was there, in the future, longer than played."""
    clock_skew_s: Annotated[float, Field(ge=0)] = 300
    """How far, in seconds, the clock of a device may be ahead."""
    early_days: Annotated[float, Field(ge=0)] = 30
    """How many days before its release, such as at a festival, an item may be met."""
    played_share: Annotated[float, Field(ge=1)] = 1.5
    """How much longer than the item (times its loops) something may be played."""
    bots: bool = True
    """Whether everything of an account that no human can be counts for nothing."""
    plays_per_hour: Annotated[int, Field(ge=1)] = 1000
    """Plays within one hour that no human reaches."""
    awake_hours: Annotated[float, Field(gt=0)] = 72
    """Hours of playing without a pause of three hours that no human reaches."""
    sweep_share: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Share of a catalogue of 1,000 items or more that only a machine meets."""
    floods: bool = True
    """Whether comments in a flood count for nothing."""
    comments_per_minute: Annotated[int, Field(ge=1)] = 20
    """Comments of one person within a minute from which on they are a flood."""
    outliers: bool = True
    """Whether what somebody repeats far more than all else counts only as often as their most usual repetitions."""
    own_scale: bool = False
    """Whether a rating counts by its place among the person's own ratings rather than on its scale, in learning and in
    serving. Off: on ml_latest_small it made als worse and the others no better."""
    suspects: bool = True
    """Whether profiles that look injected to push an item weigh less; they are listed for review either way."""


class SessionSettings(Group):
    """``[session]``: the dynamic adjustment v_u ← v_u + λ·f_U(v_u, d_t)."""

    step: Share = 0.35
    """λ: how far one event moves the session vector."""
    gap_s: float = 1800
    """A pause of this many seconds begins a new session."""
    events: Annotated[int, Field(ge=1)] = 50
    """Newest events of the session that count."""


class SegmentSettings(Group):
    """``[segments]``: which people are new, light, heavy, returning, at risk; how many tastes there are."""

    new_events: Annotated[int, Field(ge=0)] = 5
    """Whoever has fewer events that say something is new."""
    window_days: Annotated[float, Field(gt=0)] = 30
    """Days that count for being heavy or light."""
    heavy_events: Annotated[int, Field(ge=1)] = 20
    """Events in that window from which on somebody is heavy; below it, light."""
    away_days: Annotated[float, Field(gt=0)] = 30
    """A pause of more days than this makes whoever comes back a returning person."""
    returned_days: Annotated[float, Field(gt=0)] = 7
    """For so many days."""
    risk_days: Annotated[float, Field(gt=0)] = 14
    """Days of silence below which nobody is at risk."""
    risk_factor: Annotated[float, Field(ge=0)] = 3
    """Nor below so many times the person's own usual pause between sessions (the median)."""
    tastes: Annotated[int, Field(ge=0, le=50)] = 12
    """Taste clusters at most; 0: none are made."""


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


class GroupSettings(Group):
    """``[groups]``: what several people are offered together (recipe ``together``)."""

    hide_seen: Literal["all", "any"] = "all"
    """Leave out what all of them have met, or what any of them has; nothing where ``[filters] hide_seen`` is false."""
    fairness: Annotated[float, Field(ge=0, le=10)] = 2.0
    """Strategy ``fairness``: how much more somebody counts who got less from the last choices. By e to this power for
    everything against nothing; 0: everybody the same."""
    turns: Annotated[int, Field(ge=1, le=100)] = 10
    """How many of a group's last choices count for that."""
    veto_share: Annotated[float, Field(ge=0, le=0.12)] = 0.1
    """Strategy ``veto``: share of the candidates that each of them is taken to refuse, those that suit them least."""


def _blend() -> dict[str, dict[str, float]]:
    home = {
        "ease": 1.0,
        "als": 0.6,
        "item_knn": 0.4,
        "user_knn": 0.3,
        "bpr": 0.2,
        "content": 0.5,
        "content_cf": 0.5,
        "session": 0.5,
        "stated": 0.8,
        "said": 0.5,
        "across": 2.0,
        "answers": 1.0,
        "prior": 0.3,
        "popular_recent": 0.2,
    }
    return {
        "home": home,
        "similar": {"content": 1.0, "item_knn": 0.6, "ease": 0.6, "knowledge": 0.3},
        "radio": {"content": 1.0, "item_knn": 0.6, "ease": 0.4, "session": 0.6},
        "search": {"words": 1.0, "meaning": 1.0, "neighbors": 1.0, "leaning": 1.0, "taste": 0.5, "knowledge": 0.3},
        "mood": {"mood": 1.0, "words": 1.0, **home},
        "playlist": {
            "words": 1.0,
            "meaning": 1.0,
            "mood": 1.0,
            "neighbors": 1.0,
            "leaning": 1.0,
            "taste": 0.5,
            "knowledge": 0.3,
        },
    }


class RankingSettings(Group):
    """``[ranking]``"""

    blend: dict[str, dict[str, float]] = Field(default_factory=_blend)
    """Per recipe: weight of each model's score, after it has been standardised over the candidates. Edit freely; the
    recipes not named here keep theirs. A table RECIPE_SEGMENT is for one segment of people (``home_new
    home_at_risk home_taste_horror`` …, see `segue segments`); of several that fit, the first in the order taste,
    activity (``light heavy returning at_risk``), how much is known (``new few warm``). ``best`` has what the training
    learnt for ``best_new best_few best_warm``, unless these or a table ``best`` are stated."""
    fusion: dict[str, Literal["scores", "ranks"]] = Field(default_factory=dict)
    """Per table of ``blend``: how scores become one. ``scores`` (where nothing is stated): the weighted mean of
    standard scores; ``ranks``: weighted reciprocal-rank fusion."""
    early_events: Annotated[float, Field(ge=0)] = 16
    """Events of a person until which what everybody likes leads: on the home page the weight of models of popularity,
    of what people like who answered the same or are alike, and of media that are new to the person (``across``), grows
    1 + (this / (events + 1))² times. 0: never."""
    candidates: Annotated[int, Field(ge=10)] = 300
    """How many items each source proposes."""
    diversity: Share = 0.25
    """1-λ of maximal marginal relevance: 0 ranks by score alone."""
    one_per_group: bool = True
    """One entry per series or album in a list."""
    one_per_recording: bool = True
    """One entry in a list for all copies of a recording that `segue understand` has found."""

    @field_validator("blend")
    @classmethod
    def _keep_the_others(cls, stated: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
        return {**_blend(), **stated}


class ExplorationSettings(Group):
    """``[exploration]``: how an item that came after the training gets to be met on the home page."""

    quota: Annotated[int, Field(ge=0)] = 50
    """Impressions that it gets; then it is shown by its own merit alone. 0: none."""
    days: Annotated[float, Field(gt=0)] = 30
    """Days from its coming after which that ends however often it was shown, for clients that report no impressions."""
    share: Annotated[float, Field(ge=0, le=0.5)] = 0.1
    """Share of a page's places that go to such items."""


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
    understand: bool = True
    """Whether items that are put in over HTTP are understood at once, in the background."""
    log_impressions: bool = True
    """Whether the pages record which cards a person saw, with rank and request id."""


class Settings(BaseSettings):
    """All settings of a workspace."""

    model_config = SettingsConfigDict(env_prefix="SEGUE_", env_nested_delimiter="__", extra="forbid", frozen=True)

    storage: StorageSettings = StorageSettings()
    media: MediaSettings = MediaSettings()
    understanding: UnderstandingSettings = UnderstandingSettings()
    speech: SpeechSettings = SpeechSettings()
    llm: LlmSettings = LlmSettings()
    chat: ChatSettings = ChatSettings()
    playlists: PlaylistSettings = PlaylistSettings()
    cataloguing: CataloguingSettings = CataloguingSettings()
    train: TrainSettings = TrainSettings()
    models: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """``[models.ease]`` …: settings of single models, checked by the model that they name."""
    finetune: FinetuneSettings = FinetuneSettings()
    people: PeopleSettings = PeopleSettings()
    cleaning: CleaningSettings = CleaningSettings()
    session: SessionSettings = SessionSettings()
    segments: SegmentSettings = SegmentSettings()
    filters: FilterSettings = FilterSettings()
    groups: GroupSettings = GroupSettings()
    ranking: RankingSettings = RankingSettings()
    exploration: ExplorationSettings = ExplorationSettings()
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
            EventKind.COMMENT: 0.6,
            EventKind.BULLET_COMMENT: 0.3,
            EventKind.SHARE: 1.0,
            EventKind.ADD_TO_LIST: 0.8,
            EventKind.FOLLOW: 0.8,
            EventKind.NOT_INTERESTED: -1.0,
            EventKind.BLOCK: -1.0,
        }
    )
    """How much each kind of event speaks for (> 0) or against (< 0) its item; kinds not named say nothing. Comments
    count by what they say; ``comment`` beside ``rate`` is also the weight of a review's words beside its rating."""
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
