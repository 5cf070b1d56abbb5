"""What marking results would be worth: feedback replayed on benchmarks."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from work.models import Job, State
from work.refusing import refused

from ..forms import ReplayForm
from ..replays.jobs import NAME, ask_for_replay
from ..replays.replaying import SHOWN
from ..reports.replay_chart import replay_chart

MAY_START = "evaluation.add_evaluationrun"
# Shown on the page, the latest first.
MOST_REPLAYS = 10


@require_http_methods(["GET", "HEAD", "POST"])
def feedback(request: HttpRequest) -> HttpResponse:
    """The latest replays with their charts; a good form starts one."""
    if request.method != "POST":
        return show_feedback(request, ReplayForm(user=request.user))
    if not request.user.has_perm(MAY_START):
        return refused(request)
    form = ReplayForm(request.POST, user=request.user)
    if not form.is_valid():
        return show_feedback(request, form, status=400)
    job = ask_for_replay(user=request.user, **form.asked)
    return redirect("evaluation:feedback" if job.state == State.DONE else job)


def show_feedback(request: HttpRequest, form: ReplayForm, *, status: int = 200) -> HttpResponse:
    jobs = Job.objects.not_hidden_from(request.user).filter(kind=NAME, state=State.DONE)
    jobs = jobs.order_by("-finished_at")
    if benchmark := request.GET.get("benchmark"):
        jobs = jobs.filter(arguments__benchmark=benchmark)
    replays = [
        {"job": job, "rounds": job.outcome["rounds"], "chart": replay_chart(job.outcome["rounds"])}
        for job in jobs[:MOST_REPLAYS]
    ]
    context = {"form": form, "replays": replays, "shown": SHOWN}
    return render(request, "evaluation/feedback.html", context, status=status)
