"""What the standard groups were given by the product itself."""

from django.contrib.auth.models import Group, Permission
from django.db import models


class StandardRight(models.Model):
    """A right that the product has given to a group once. Taken away by an administrator, it is not given again."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="standard_rights")
    permission = models.ForeignKey(Permission, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "permission"], name="one_standard_right")]

    def __str__(self) -> str:
        return f"{self.group_id}: {self.permission_id}"
