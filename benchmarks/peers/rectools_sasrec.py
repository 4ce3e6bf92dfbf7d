"""SASRec of RecTools: lists of the epoch that was best on validation, and after every epoch what that costs and gives.

Says one line an epoch: ``epoch``, ``train_s`` (of training alone, from the first step on), ``train_cpu_s`` (the same in
processor time of all threads), ``wall_s`` (with validation), ``ndcg@10`` on validation, which is ours: all people, what
they were trained on left out, ties against the model. Stops after ``patience`` epochs that are no better, or when
``wall_s`` is more than ``minutes``; then it says in which epoch it ``ended``. At last come ``train_s``, now of all that
was before the lists, and ``list_s``, of the lists.
"""

import time

import numpy as np
import pandas as pd
import torch
from protocol import Protocol, arguments
from pytorch_lightning import Callback, Trainer, seed_everything
from rectools import Columns
from rectools.dataset import Dataset
from rectools.models import SASRecModel

BLOCK = 512


def main():
    folder, settings = arguments()
    protocol = Protocol(folder)
    seed_everything(settings["seed"])
    began = time.perf_counter()
    model = SASRecModel(
        n_factors=settings["width"],
        n_blocks=settings["depth"],
        n_heads=settings["heads"],
        session_max_len=settings["length"],
        dropout_rate=settings["dropout"],
        loss=settings["loss"],
        n_negatives=settings.get("negatives", 1),
        batch_size=settings["batch"],
        lr=settings["learning_rate"],
        epochs=settings["epochs"],
        recommend_torch_device="cpu" if settings["device"] == "cpu" else "cuda",
        get_trainer_func=lambda: Trainer(
            max_epochs=settings["epochs"],
            accelerator=settings["device"],
            devices=1,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            callbacks=[Watch(folder, settings["patience"], 60 * settings.get("minutes", np.inf))],
        ),
    )
    trained = sessions(protocol.train, np.arange(protocol.n_users))
    model.fit(trained)
    protocol.say(train_s=time.perf_counter() - began)
    model.torch_model.load_state_dict(torch.load(folder / "best.pt", weights_only=True))
    scorer = Scorer(model.lightning_model, sessions(protocol.told, protocol.asked), protocol.asked, protocol.n_items)
    began = time.perf_counter()
    blocks = range(0, len(protocol.asked), BLOCK)
    protocol.answer(np.concatenate([protocol.best(start, scorer(start, start + BLOCK)) for start in blocks]))
    protocol.say(list_s=time.perf_counter() - began)


def sessions(of, users):
    """What the people did, as RecTools wants it: their order as times."""
    own = [of(user) for user in users]
    lengths = [len(items) for items in own]
    order = np.concatenate([np.arange(length) for length in lengths])
    return Dataset.construct(
        pd.DataFrame(
            {
                Columns.User: np.repeat(users, lengths),
                Columns.Item: np.concatenate(own),
                Columns.Weight: 1.0,
                Columns.Datetime: pd.to_datetime(order, unit="s"),
            }
        )
    )


class Scorer:
    """Scores of some people under the weights of this moment, by place."""

    def __init__(self, module, dataset, users, n_items):
        prepared = module.data_preparator.transform_dataset_u2i(dataset, users)
        loader = module.data_preparator.get_dataloader_recommend(prepared, BLOCK)
        people, items = module._get_user_item_embeddings(loader, str(module.device))
        # People without any known item are not in it.
        self.place = pd.Series(np.arange(len(people)), prepared.user_id_map.external_ids).reindex(users)
        self.people, self.items, self.n_items = people, items.cpu(), n_items
        self.columns = module.data_preparator.item_id_map.external_ids[1:].astype(int)  # the first is the filler

    def __call__(self, start, stop):
        place = self.place.iloc[start:stop]
        scores = np.full((len(place), self.n_items), -np.inf, np.float32)
        known = place.notna().to_numpy()
        with torch.no_grad():
            product = self.people[place[known].astype(int).to_numpy()] @ self.items.T
        scores[np.ix_(known, self.columns)] = product[:, 1:].numpy()
        return scores


class Watch(Callback):
    """Validates after each epoch, keeps the best weights in a file, stops when nothing gets better or time is up."""

    def __init__(self, folder, patience, seconds):
        self.folder, self.patience, self.seconds = folder, patience, seconds
        self.train_s, self.train_cpu_s = 0.0, 0.0
        self.best, self.best_epoch = -1.0, 0
        self.first = None

    def on_train_epoch_start(self, trainer, module):
        self.began, self.busy = time.perf_counter(), time.process_time()
        self.first = self.first or self.began

    def on_train_epoch_end(self, trainer, module):
        self.train_s += time.perf_counter() - self.began
        self.train_cpu_s += time.process_time() - self.busy
        protocol = Protocol(self.folder)
        users = protocol.validation_users
        scorer = Scorer(module, sessions(protocol.train, users), users, protocol.n_items)
        blocks = range(0, len(users), BLOCK)
        ndcg = float(np.concatenate([protocol.ndcg10(start, scorer(start, start + BLOCK)) for start in blocks]).mean())
        module.train()
        epoch = trainer.current_epoch + 1
        if ndcg > self.best:
            self.best, self.best_epoch = ndcg, epoch
            torch.save(module.torch_model.state_dict(), self.folder / "best.pt")
        wall_s = time.perf_counter() - self.first
        times = {"train_s": self.train_s, "train_cpu_s": self.train_cpu_s, "wall_s": wall_s}
        protocol.say(epoch=epoch, **times, **{"ndcg@10": ndcg})
        trainer.should_stop = epoch - self.best_epoch >= self.patience
        if wall_s > self.seconds and not trainer.should_stop:
            trainer.should_stop = True
            protocol.say(ended=epoch)


if __name__ == "__main__":
    main()
