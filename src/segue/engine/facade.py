"""Engine: one method a verb. Everything that the commands, the HTTP API and a program can ask for.

The verbs about items, answers, people and playlists lie in `verbs`; what they do lies in the files beside this one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..profiles.said.run import STEP as OPINIONS
from ..profiles.said.run import read_opinions
from ..settings import Settings
from ..storage.locks import workspace_lock
from ..storage.rows import Store
from . import chatting, language_models, safekeeping
from .learning import Learning, TrainReport
from .saying import names_of
from .verbs.opened import Progress, silent
from .verbs.playlists import PlaylistVerbs
from .workspace import with_roots

if TYPE_CHECKING:
    from ..conversation.dialogue import Dialogue
    from ..conversation.tools import Tool
    from ..training.finetune.run import FinetuneReport
    from ..understanding.run import Lane, UnderstandReport


class Engine(PlaylistVerbs):
    """Recommendations over one workspace. Thread-safe; any number of processes may open the same workspace.

    ::

        with Engine.open("my-workspace") as engine:
            engine.add_items([Item(id="t1", kind="track", title="Blue in Green")])
            engine.record([Event(id="e1", user_id="ada", item_id="t1", kind="complete", at=now())])
            engine.understand(); engine.train()
            for pick in engine.recommend("ada"):
                print(pick.item.title, pick.score, pick.reason)
    """

    def __init__(self, workspace: Path, settings: Settings, store: Store) -> None:
        super().__init__(workspace, settings, store)
        self._chats = chatting.Chats(self, store, self._model)

    # Learning

    def understand(self, only: Sequence[str] | None = None, progress: Progress | None = None) -> UnderstandReport:
        """Read, listen to and look at what is new or has changed, then put labels on it; returns an `UnderstandReport`.

        Args:
            only: names of spaces, of annotators, ``summaries``, ``relations``, ``blurbs``, ``opinions``; None: all.
        """
        from ..understanding.annotate import annotate, steps
        from ..understanding.run import understand

        about_items = None if only is None else [name for name in only if name != OPINIONS]
        spaces = None if about_items is None else [name for name in about_items if name not in steps()]
        labelling = None if about_items is None else [name for name in about_items if name in steps()]
        with workspace_lock(self.workspace, "understand"):
            settings = with_roots(self.settings, self.workspace)
            report = understand(
                self._store, settings, only=spaces, progress=progress or silent, workspace=self.workspace
            )
            labelled = annotate(
                self._store, settings, only=labelling, progress=progress or silent, workspace=self.workspace
            )
            if (only is None and self._store.has_texts()) or (only is not None and OPINIONS in only):
                self._serving.refresh()
                names = names_of(self._serving.world())
                step, lost = read_opinions(self._store, settings, names, progress or silent, self.workspace)
                labelled.steps.append(step)
                labelled.problems += lost
        report.steps = [step.as_json() for step in labelled.steps]
        language_models.note_runs(self.workspace, report.steps)
        report.problems += labelled.problems
        self._serving.refresh()
        return report

    def export_encoder(self, folder: str | Path, int8: bool = False) -> dict[str, Any]:
        """Write the text encoder as ONNX into a new folder that ``understanding.text_model`` can name.

        Returns:
            ``folder``, ``bytes``, ``int8``; ``texts``: how many of the catalogue it was compared on; ``cosine``: mean
            with the vectors of the fp32 model; ``speed``: how many times as fast, in processor seconds of one batch.
        """
        from ..understanding.encoders.onnx_text import export_and_compare

        return export_and_compare(self._store.items(), self.settings, self.workspace, Path(folder), int8)

    def understand_items(self, item_ids: Sequence[str], lanes: Sequence[Lane] | None = None) -> list[str]:
        """Read a few items that have just come, words first, so that they are found at once; then compare them with all
        others, and label and sum them up with what has been learnt. Returns what could not be done.

        Takes no lock: the same reading made twice is one reading.

        Args:
            lanes: ``words`` reads, labels and sums up what stands in the items, ``media`` reads their files and labels
                them again; None: both.
        """
        from ..understanding.annotate import annotate_items
        from ..understanding.run import LANES, understand_items

        settings = with_roots(self.settings, self.workspace)
        problems = understand_items(self._store, settings, item_ids, self.workspace, lanes or LANES)
        problems += annotate_items(self._store, settings, item_ids, self.workspace)
        self._serving.refresh()
        return problems

    def train(self, recipe: str = "home", force: bool = False, progress: Progress | None = None) -> TrainReport:
        """Fit all models, compare with what serves, publish a version and let it serve unless it is worse."""
        with workspace_lock(self.workspace, "train"):
            learning = self._learning(progress)
            report = learning.train(recipe, force)
        self._serving.refresh()
        return report

    def _learning(self, progress: Progress | None) -> Learning:
        return Learning(self._store, self._registry, self.settings, progress or silent, workspace=self.workspace)

    def finetune(
        self,
        task: str,
        csv: Path | None = None,
        labels: Sequence[str] = (),
        name: str = "",
        method: str = "",
        progress: Progress | None = None,
    ) -> FinetuneReport:
        """Train the text encoder further, and heads on it, into ``finetuned/NAME``; nothing that serves changes.

        Args:
            task: ``behaviour``, ``pretrain``, or a head: ``genre style sentiment rating like``.
            csv: labelled texts for a head; None: from the catalogue and what people wrote.
            labels: those there may be in the file; empty: any.
            name: of the folder; empty: the task.
            method: ``lora``, ``adalora`` or ``full``; empty: that of ``[finetune]``.
        """
        from ..training.finetune.run import finetune
        from .finetuning import data_for, with_method

        settings = with_method(self.settings, method)
        with workspace_lock(self.workspace, f"finetune {task}"):
            data = data_for(task, self._store, settings, csv, labels)
            return finetune(task, data, settings, self.workspace, name, progress or silent)

    def evaluate(
        self,
        split: str = "time",
        refit: bool = False,
        models: Sequence[str] = (),
        k: int = 10,
        progress: Progress | None = None,
    ) -> dict[str, Any]:
        """Fit on the past, ask about the held-out rest; the report in its JSON shape. Changes nothing that serves."""
        with workspace_lock(self.workspace, "evaluate"):
            learning = self._learning(progress)
            return learning.evaluate(split, refit, models, k)

    def rollback(self) -> str:
        """Let the version serve that served before this one; returns its name."""
        version = self._registry.rollback()
        self._serving.refresh()
        return version

    # Conversations

    def chat(
        self,
        user_id: str | None,
        message: str,
        conversation: str | None = None,
        language: str | None = None,
        without: Sequence[str] = (),
        grants: Sequence[str] | None = None,
        k: int = 10,
    ) -> chatting.Answering:
        """Say something in a conversation; the answer comes piece by piece, the last one is `Done`.

        Args:
            user_id: None: nobody's conversation; nothing of anybody is read or written.
            conversation: id of one to go on with; None: a new one.
            language: ``en`` or ``zh``; None: that of the message.
            without: ids of wishes (chips) to take back; the message may be empty then.
            grants: of ``[chat] grants``, what may be written; None: all of those.

        Raises:
            InvalidInput: there is nothing to answer, or too much.
            NotFound: the person has no such conversation.
            Busy: another turn of it is being answered.
        """
        return self._chats.chat(user_id, message, conversation, language, without, grants, k)

    def conversations(self, user_id: str, limit: int = 50) -> list[dict[str, Any]]:
        """A person's conversations, the newest first: id, times, how many turns, and how each begins."""
        return self._chats.listed(user_id, limit)

    def conversation(self, conversation: str, user_id: str | None = None) -> Dialogue:
        """One conversation, for its person alone. Raises NotFound."""
        return self._chats.dialogue(conversation, user_id)

    def handles(self, dialogue: Dialogue) -> dict[str, str]:
        """What tools call the items of a conversation's lists, by id."""
        return self._chats.handles_of(dialogue)

    def forget_conversation(self, conversation: str, user_id: str | None = None) -> None:
        """Delete a conversation. What was written in it stays: that is in the person's events. Raises NotFound."""
        self._chats.forget(conversation, user_id)

    def purge_conversations(self) -> int:
        """Delete the conversations that nobody has taken up for ``[chat] keep_days``, unless this process has done so
        within the hour; returns how many."""
        return self._chats.purge_now_and_then()

    def tools(self) -> Sequence[Tool]:
        """What a conversation, or a program, can ask for in the name of one person."""
        return chatting.TOOLS

    def toolbox(
        self, user_id: str | None, conversation: str | None = None, language: str = "en", grants: Sequence[str] = ()
    ) -> chatting.Toolbox:
        """The tools, to be used for one person.

        Args:
            conversation: in which the lists that they make are kept; None: as long as the box.
            grants: what they may write, of ``[chat] grants``.

        Raises:
            NotFound: the person has no such conversation.
            InvalidInput: there is no such grant.
        """
        return self._chats.toolbox(user_id, conversation, language, grants)

    # The language model

    def test_language_model(self) -> dict[str, Any]:
        """Whether the language model of ``[llm]`` can be reached, which typed answers it gives, how fast, with tools.

        Raises:
            SettingsError: none is stated, or it refuses the key or knows no such model.
            ServiceDown: nobody is there.
        """
        return language_models.tested(self.settings.llm)

    def language_models(self) -> list[str]:
        """Names of the models that the server of ``[llm]`` lists. Raises SettingsError, ServiceError."""
        return language_models.models(self.settings.llm)

    def language_model_usage(self) -> dict[str, Any]:
        """Calls, tokens and their cost by day (UTC) and purpose."""
        return language_models.used(self._store, self.settings.llm)

    def language_model_runs(self) -> list[dict[str, Any]]:
        """What each job of the runs so far asked of the language model, the newest last: items ``done``, ``unchanged``,
        ``failed`` and ``left`` for the next run; what it said and was ``dropped``; calls, tokens, answers ``cached``,
        ``repaired`` and so on."""
        return language_models.runs(self.workspace)

    # The whole

    def status(self) -> dict[str, Any]:
        """Counts, the serving version, its models, and a few people to try."""
        version = self._registry.open()
        manifest = version.manifest if version else {}
        return {
            "workspace": str(self.workspace),
            "counts": self._store.counts(),
            "kinds": self._store.item_kinds(),
            "version": version.name if version else None,
            "versions": self._registry.names(),
            "created_at": manifest.get("created_at"),
            "data": manifest.get("data"),
            "models": [{"name": name, "seconds": manifest["seconds"][name]} for name in manifest.get("models", ())],
            "people": self.users(limit=20),
        }

    def ready(self) -> list[str]:
        """What keeps this process from answering; empty when nothing does."""
        world = self._serving.world()
        return [] if len(world.catalogue) else ["the catalogue is empty"]

    def warm(self) -> None:
        """Load and derive what first requests would wait for: encoders, indexes, what conversations and reasons read.

        Raises:
            SegueError: something of it cannot be loaded; everything else can be asked for as before.
        """
        self._chats.warm()
        shown = self.recommend(k=1).picks
        for user_id in self.users(limit=1) if shown else ():
            self.explain(user_id, shown[0].item.id, level="full")

    def evaluation(self) -> dict[str, Any] | None:
        """The evaluation of the serving version, in its JSON shape."""
        version = self._registry.open()
        report: dict[str, Any] | None = version.folder.read_json("evaluation") if version else None
        return report

    def evaluation_plots(self, language: str = "en") -> dict[str, str]:
        """The same as pictures: name → SVG."""
        from ..evaluation.report import plots

        report = self.evaluation()
        return plots(report, language) if report else {}

    def evaluation_page(self, report: Mapping[str, Any], language: str = "en") -> str:
        """An evaluation as one self-contained HTML page with plots."""
        from ..evaluation.report import as_html

        return as_html(report, language)

    def transparency(self, language: str = "en") -> dict[str, Any]:
        """The main parameters of the recommendations and their weight, from the live settings."""
        from .transparency import transparency

        return transparency(self._serving.world().settings, self._registry.serving(), language)

    def backup(self, file: str | Path) -> dict[str, Any]:
        """Write settings, rows and the serving version into one archive."""
        return safekeeping.backup(self.workspace, self._store, self._registry, Path(file))

    @staticmethod
    def restore(file: str | Path, workspace: str | Path, storage_url: str | None = None) -> dict[str, Any]:
        """Fill an empty workspace from a backup; its rows go where they were, or to another URL (empty: SQLite)."""
        return safekeeping.restore(Path(file), Path(workspace), storage_url)

    @staticmethod
    def doctor(workspace: str | Path) -> list[safekeeping.Check]:
        """Check libraries, programs, settings, rows and artefacts."""
        return safekeeping.doctor(Path(workspace))
