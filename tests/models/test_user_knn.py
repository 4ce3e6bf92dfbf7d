from __future__ import annotations

from segue.models.user_knn import UserKNN
from segue.testing.models import ModelContract


class TestUserKNN(ModelContract):
    Model = UserKNN
