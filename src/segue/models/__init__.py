"""Everything that learns. One file per model; this table says which there are."""

from __future__ import annotations

from ..plugins import Table
from .base import Model

TABLE: Table[type[Model]] = Table(
    "model",
    "segue.models",
    {
        "popular_all": "segue.models.popular:PopularAll",
        "popular_recent": "segue.models.popular:PopularRecent",
        "item_knn": "segue.models.item_knn:ItemKNN",
        "user_knn": "segue.models.user_knn:UserKNN",
        "als": "segue.models.als:ALS",
        "bpr": "segue.models.bpr:BPR",
        "ease": "segue.models.ease:EASE",
        "slim": "segue.models.slim:SLIM",
        "vae": "segue.models.vae:VAE",
        "gan": "segue.models.gan:GAN",
        "graph": "segue.models.graph:Graph",
        "sequential": "segue.models.sequential:Sequential",
        "gru": "segue.models.gru:GRU",
        "bert4rec": "segue.models.bert4rec:BERT4Rec",
        "generative": "segue.models.generative:Generative",
        "text_recommender": "segue.models.text_recommender:TextRecommender",
        "content": "segue.models.content:ContentMixed",
        "content_text": "segue.models.content:ContentText",
        "content_audio": "segue.models.content:ContentAudio",
        "content_picture": "segue.models.content:ContentPicture",
        "content_cf": "segue.models.content_cf:ContentCF",
    },
)
