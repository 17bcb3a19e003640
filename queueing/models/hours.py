"""When a department is open: its week, and the days that are unlike it. Read by `queueing.hours`."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from queueing.models.department import Department


class Weekday(models.IntegerChoices):
    """The days as `date.weekday()` counts them."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class OpeningHours(models.Model):
    """One interval of a department's week, in its local time."""

    department = models.ForeignKey(
        Department, on_delete=models.CASCADE, related_name="opening_hours", verbose_name=_("department")
    )
    weekday = models.PositiveSmallIntegerField(_("day"), choices=Weekday.choices)
    opens = models.TimeField(_("opens"))
    closes = models.TimeField(_("closes"), help_text=_("Not later than the opening: on the next day."))

    class Meta:
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")
        ordering = ["weekday", "opens"]
        constraints = [models.UniqueConstraint(fields=["department", "weekday", "opens"], name="one_opening_a_time")]

    def __str__(self) -> str:
        return f"{Weekday(self.weekday).label} {self.opens:%H:%M}–{self.closes:%H:%M}"


class SpecialDay(models.Model):
    """A holiday, or a day with other hours. Without times it is closed."""

    department = models.ForeignKey(
        Department, on_delete=models.CASCADE, related_name="special_days", verbose_name=_("department")
    )
    day = models.DateField(_("date"))
    name = models.CharField(_("name"), max_length=80, blank=True)
    opens = models.TimeField(_("opens"), null=True, blank=True)
    closes = models.TimeField(_("closes"), null=True, blank=True)

    class Meta:
        verbose_name = _("holiday or special day")
        verbose_name_plural = _("holidays and special days")
        ordering = ["day", "opens"]
        constraints = [
            models.CheckConstraint(
                condition=Q(opens__isnull=True, closes__isnull=True) | Q(opens__isnull=False, closes__isnull=False),
                name="special_times_together",
                violation_error_message=_("Opening and closing come together; a closed day has neither."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.name}".strip()
