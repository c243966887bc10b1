"""Chapter 4, recurrence: a state that is carried from token to token, and the way back."""

from tinyllm.course.chapters.recurrence.boss import BOSS
from tinyllm.course.chapters.recurrence.gru import GRU
from tinyllm.course.chapters.recurrence.lstm import LSTM
from tinyllm.course.chapters.recurrence.lstm_backward import LSTM_BACKWARD
from tinyllm.course.chapters.recurrence.rnn_backward import RNN_BACKWARD
from tinyllm.course.chapters.recurrence.rnn_step import RNN_STEP
from tinyllm.course.exercise import Chapter

CHAPTER = Chapter(
    name="recurrence",
    exercises=(RNN_STEP, RNN_BACKWARD, GRU, LSTM, LSTM_BACKWARD),
    boss=BOSS,
)
