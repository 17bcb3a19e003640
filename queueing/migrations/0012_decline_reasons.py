from django.db import migrations, models

REASONS = (
    ("busy", "Busy with other work", "مشغول بعمل آخر"),
    ("subject", "Not my subject", "ليس من اختصاصي"),
    ("language", "Not my language", "ليست لغتي"),
    ("break", "Need a break", "أحتاج استراحة"),
    ("technical", "Technical problem", "مشكلة تقنية"),
)


def first_reasons(apps, schema_editor):
    """To begin with; from here on the installation's to change."""
    rows = apps.get_model("queueing", "DeclineReason").objects.using(schema_editor.connection.alias)
    for order, (slug, english, arabic) in enumerate(REASONS):
        rows.create(slug=slug, name_en=english, name_ar=arabic, order=order)


class Migration(migrations.Migration):
    dependencies = [
        ("queueing", "0011_supervision"),
    ]

    operations = [
        migrations.CreateModel(
            name="DeclineReason",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(unique=True, verbose_name="slug")),
                ("name_en", models.CharField(max_length=120, verbose_name="name (English)")),
                ("name_ar", models.CharField(blank=True, max_length=120, verbose_name="name (Arabic)")),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                ("order", models.PositiveSmallIntegerField(default=0, verbose_name="order")),
            ],
            options={
                "verbose_name": "reason for declining",
                "verbose_name_plural": "reasons for declining",
                "ordering": ["order", "slug"],
                "abstract": False,
            },
        ),
        migrations.RunPython(first_reasons, migrations.RunPython.noop),
    ]
