"""How the departments are set up."""

from common.service import service
from queueing.models import Department


@service
def make_default(department: Department) -> None:
    """Callers who choose none go there from now on; there is one default at most."""
    for other in Department.objects.filter(is_default=True).exclude(pk=department.pk):
        _set_default(other, on=False)
    _set_default(department, on=True)


def _set_default(department: Department, *, on: bool) -> None:
    # Saved row by row, because the audit log does not see an UPDATE of many.
    department.is_default = on
    department.save(update_fields=["is_default"])
