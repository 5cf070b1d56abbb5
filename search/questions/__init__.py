"""What a result page answers: pictures to search with, and which hits were right or wrong."""

from .model import Example, Mark, Question, QuestionError
from .reading import described_question

__all__ = ["Example", "Mark", "Question", "QuestionError", "described_question"]
