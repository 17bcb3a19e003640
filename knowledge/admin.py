"""Articles, their import, and the questions that wait for one."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.text import slugify
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from calls.models import Call
from calls.states import Language
from common.admin import PlainChoices
from knowledge.importing import LONGEST, BadFiles, read_all
from knowledge.models import Article, CustomerFact, Unanswered
from knowledge.selectors import ANSWERS, search
from knowledge.services import import_articles, save_article, settle
from queueing.models import Department

MOST_FILES = 200
_MOST_BYTES = 4 * LONGEST
_WIDE: Any = {models.TextField: {"widget": forms.Textarea(attrs={"rows": 22, "cols": 90, "dir": "auto"})}}


class _ManyFiles(forms.ClearableFileInput):
    """A field for several files."""

    allow_multiple_selected = True


class _FilesField(forms.FileField):
    """The files as a list."""

    def clean(self, data: Any, initial: Any = None) -> Any:
        """Each by itself."""
        files = data if isinstance(data, list | tuple) else [data]
        return [super(_FilesField, self).clean(file, initial) for file in files]


class ImportForm(forms.Form):
    """Markdown files."""

    markdown = _FilesField(label=_("Markdown files"), widget=_ManyFiles(attrs={"multiple": True, "accept": ".md"}))

    def clean_markdown(self) -> dict[str, bytes]:
        """By name; not too many, not too large."""
        files = self.cleaned_data["markdown"]
        if len(files) > MOST_FILES:
            raise forms.ValidationError(gettext("At most %(count)s files at a time.") % {"count": MOST_FILES})
        if large := [file.name for file in files if file.size > _MOST_BYTES]:
            raise forms.ValidationError(gettext("Too large: %(names)s") % {"names": ", ".join(large)})
        return {file.name: file.read() for file in files}


class TryForm(forms.Form):
    """A question to try the search with."""

    q = forms.CharField(label=_("Question"), max_length=500, required=False)


@admin.register(Article)
class ArticleAdmin(PlainChoices, admin.ModelAdmin):  # type: ignore[type-arg]
    """What the receptionist may answer from."""

    list_display = ("title", "language", "department", "slug", "is_active", "updated_at")
    list_filter = ("language", "department", "is_active")
    search_fields = ("title", "slug", "body")
    list_select_related = ("department",)
    list_per_page = 50
    formfield_overrides = _WIDE
    fields = (("title", "slug"), ("language", "department"), "body", "is_active")
    change_list_template = "admin/knowledge/article/change_list.html"

    class Media:
        """Texts in their whole width."""

        css = {"all": ("admin_extra/settings.css",)}

    def get_urls(self) -> list[Any]:
        """The import and the trial."""
        own = [
            path("import/", self.admin_site.admin_view(self.import_view), name="knowledge_article_import"),
            path("try/", self.admin_site.admin_view(self.try_view), name="knowledge_article_try"),
        ]
        return own + super().get_urls()

    def save_model(self, request: HttpRequest, obj: Article, form: Any, change: bool) -> None:
        """By the service, which makes its passages; the question it was written for is settled."""
        save_article(obj)
        asked = request.GET.get("unanswered", "")
        if not change and asked.isdigit() and request.user.has_perm("knowledge.change_unanswered"):
            settle([int(asked)], obj)

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Files in, articles made or changed; what is wrong is told, and then nothing was."""
        if not (self.has_add_permission(request) and self.has_change_permission(request)):
            return redirect("admin:knowledge_article_changelist")
        form = ImportForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            try:
                drafts = read_all(form.cleaned_data["markdown"], set(Department.objects.values_list("slug", flat=True)))
            except BadFiles as error:
                for problem in error.problems:
                    form.add_error("markdown", problem)
            else:
                return self._imported(request, import_articles(drafts))
        return self._page(request, "import.html", gettext("Import articles"), form=form)

    def _imported(self, request: HttpRequest, done: Any) -> HttpResponse:
        told = gettext("%(made)d new, %(changed)d changed, %(same)d as they were.") % {
            "made": len(done.made), "changed": len(done.changed), "same": len(done.same),
        }  # fmt: skip
        self.message_user(request, told, messages.SUCCESS)
        return redirect("admin:knowledge_article_changelist")

    def try_view(self, request: HttpRequest) -> HttpResponse:
        """What a caller's question would find."""
        if not self.has_view_permission(request):
            return redirect("admin:index")
        form = TryForm(request.GET or None)
        question = form.cleaned_data["q"] if form.is_bound and form.is_valid() else ""
        hits = search(question, most=10) if question else ()
        return self._page(
            request, "try.html", gettext("Try a question"), form=form, question=question, hits=hits, least=ANSWERS
        )

    def _page(self, request: HttpRequest, template: str, title: str, **values: Any) -> TemplateResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": title, **values}
        return TemplateResponse(request, f"admin/knowledge/article/{template}", context)


@admin.register(Unanswered)
class UnansweredAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Questions the receptionist had to say no to: written into an article, or taken off the list."""

    list_display = ("question", "language", "department_name", "call_", "asked_at", "article")
    list_filter = (("settled_at", admin.EmptyFieldListFilter), "language", "department")
    search_fields = ("question",)
    date_hierarchy = "asked_at"
    list_select_related = ("call", "article")
    list_per_page = 50
    readonly_fields = ("question", "language", "department", "call_", "asked_at", "settled_at", "article")
    fields = readonly_fields
    actions = ("write_article", "put_aside")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """They come from callers."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They are put aside."""
        return False

    @admin.display(description=_("department"), ordering="department")
    def department_name(self, row: Unanswered) -> str:
        """Its slug."""
        return row.department or "–"

    @admin.display(description=_("call"))
    def call_(self, row: Unanswered) -> str:
        """Leads to the conversation."""
        return _call_link(row.call)

    @admin.action(description=_("Write an article"), permissions=["change"])
    def write_article(self, request: HttpRequest, queryset: QuerySet[Unanswered]) -> HttpResponseRedirect | None:
        """Its form, filled in from the question; saving it settles the question."""
        chosen = list(queryset[:2])
        if len(chosen) != 1:
            self.message_user(request, gettext("Choose one question."), messages.ERROR)
            return None
        (row,) = chosen
        department = Department.objects.filter(slug=row.department).first()
        values = {
            "title": row.question[:200],
            "slug": slugify(row.question)[:60].strip("-") or f"question-{row.pk}",
            "language": row.language if row.language in Language.values else "",
            "department": department.pk if department else "",
            "unanswered": row.pk,
        }
        return HttpResponseRedirect(f"{reverse('admin:knowledge_article_add')}?{urlencode(values)}")

    @admin.action(description=_("Put aside: no article is needed"), permissions=["change"])
    def put_aside(self, request: HttpRequest, queryset: QuerySet[Unanswered]) -> None:
        """Off the list."""
        count = settle(queryset.values_list("pk", flat=True))
        done = ngettext("%(count)d question was put aside.", "%(count)d questions were put aside.", count)
        self.message_user(request, done % {"count": count}, messages.SUCCESS)


def _call_link(call: Call | None) -> str:
    if call is None:
        return "–"
    return format_html('<a href="{}">{}</a>', reverse("admin:calls_call_change", args=[call.pk]), call.reference)


@admin.register(CustomerFact)
class CustomerFactAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """What customers wanted remembered, when and how they agreed. Deleted on request; nobody writes it for them."""

    list_display = ("text", "name", "subject", "language", "consented_at", "call_")
    list_filter = ("language", "consented_at")
    search_fields = ("text", "name", "subject")
    list_select_related = ("call",)
    list_per_page = 50
    fields = ("text", "name", "subject", "language", "consented_at", "consent", "call_")

    @admin.display(description=_("call"))
    def call_(self, row: CustomerFact) -> str:
        """Leads to the conversation in which he agreed."""
        return _call_link(row.call)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """The customer says them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They are his words."""
        return False
