from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("evaluation", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="evaluationrun",
            name="heard_at",
            field=models.DateTimeField(editable=False, null=True, verbose_name="last sign of life"),
        ),
    ]
