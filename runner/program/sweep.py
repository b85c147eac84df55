"""What a script needs to be swept: its parameters, and a way to tell what it measured.

    import sweep

    run = sweep.init(config={"lr": 0.1, "epochs": 10})   # used where the sweep gives no value
    for epoch in range(run.config.epochs):
        sweep.log({"val/loss": train(run.config.lr)})

The names are those of wandb, so that a script written for it needs one other line: import sweep as wandb. What goes to
wandb's server there (watch, save, tables, pictures) does nothing here. Run by hand, without a sweep, the parameters are
those given to init, and what is logged is printed as lines of JSON.

A script that can go on where it was interrupted keeps its state in directory(), tells its steps, and on SIGTERM ends
with pause():

    signal.signal(signal.SIGTERM, lambda *_: (save(sweep.directory()), sweep.pause()))

Python 3.8 or newer; nothing but the standard library.
"""

import json
import os
import stat
import sys
import threading

__all__ = [
    "init", "config", "log", "finish", "run", "summary", "directory", "seed", "pause",
    "watch", "unwatch", "save", "define_metric", "log_artifact", "use_artifact", "alert", "login", "setup", "plot",
    "Image", "Table", "Histogram", "Artifact", "Video", "Audio", "Html", "Settings",
]

_PAUSED = 75  # the exit status that says so
_LINE = 60_000  # bytes of a line; sweep takes 64 KiB


def _warn(text):
    print("sweep: " + text, file=sys.stderr)


class Config:
    """The parameters. config.lr, config["lr"] and config.get("lr") are the same.

    A dot in a name is a level: config.optimizer.lr is config["optimizer.lr"]. What the sweep has set stays as it is;
    assigning to it warns and does nothing, for otherwise the sweep would record values that were not used.
    """

    def __init__(self, values=None, fixed=(), prefix=""):
        # Past __setattr__, which assigns parameters.
        self.__dict__.update(_values={} if values is None else values, _fixed=frozenset(fixed), _prefix=prefix)

    def __getitem__(self, name):
        full = self._prefix + str(name)
        if full in self._values:
            return self._values[full]
        below = full + "."
        if any(key.startswith(below) for key in self._values):
            return Config(self._values, self._fixed, below)
        raise KeyError(name)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)  # Python asks for these itself
        try:
            return self[name]
        except KeyError:
            raise AttributeError("there is no parameter " + self._prefix + name) from None

    def __setitem__(self, name, value):
        self._set(self._prefix + str(name), value)

    def __setattr__(self, name, value):
        self[name] = value

    def _set(self, full, value, warn=True):
        if isinstance(value, Config):
            value = value.as_dict()
        if isinstance(value, dict) and value:
            for key, below in value.items():
                self._set(full + "." + str(key), below, warn)
        elif full not in self._fixed:
            self._values[full] = value
        elif warn and self._values[full] != value:
            _warn("parameter %s stays at %r, which the sweep has set" % (full, self._values[full]))

    def get(self, name, default=None):
        try:
            return self[name]
        except KeyError:
            return default

    def update(self, values, allow_val_change=None):
        for name, value in _items(values):
            self._set(self._prefix + str(name), value)

    def setdefaults(self, values):
        for name, value in _items(values):
            full = self._prefix + str(name)
            if isinstance(value, dict) and value:
                Config(self._values, self._fixed, full + ".").setdefaults(value)
            elif full not in self._values:
                self._values[full] = value

    def as_dict(self):
        """Return the parameters as a dict, levels as dicts in it."""
        out = {}
        for name in self:
            value = self[name]
            out[name] = value.as_dict() if isinstance(value, Config) else value
        return out

    def __iter__(self):
        names = {}
        for full in self._values:
            if full.startswith(self._prefix):
                rest = full[len(self._prefix):]
                head = rest.split(".")[0]
                # Where both a and a.b are there, a is no level.
                names[rest if self._prefix + head in self._values else head] = True
        return iter(names)

    def __contains__(self, name):
        return self.get(name, self) is not self

    def __len__(self):
        return sum(1 for _ in self)

    def keys(self):
        return list(self)

    def values(self):
        return [self[name] for name in self]

    def items(self):
        return [(name, self[name]) for name in self]

    def __eq__(self, other):
        other = other.as_dict() if isinstance(other, Config) else other
        return self.as_dict() == other

    __hash__ = None

    def __repr__(self):
        return repr(self.as_dict())


def _items(values):
    """The entries of what people hand over as a configuration: a dict, argparse's namespace, any object."""
    if values is None:
        return []
    if hasattr(values, "items"):
        return list(values.items())
    try:
        return list(vars(values).items())
    except TypeError:
        raise TypeError("a configuration is a dict or a namespace, not %r" % (values,)) from None


class Summary(dict):
    """The last value of each metric. What is set here is logged as well, at the step of the last log."""

    def __setitem__(self, name, value):
        super().__setitem__(name, value)
        _write({name: value}, max(_state.step, 1))

    def update(self, *args, **kwargs):
        values = dict(*args, **kwargs)
        super().update(values)
        _write(values, max(_state.step, 1))

    def __getattr__(self, name):
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def __setattr__(self, name, value):
        self[name] = value


class _Nothing:
    """Takes any call and any attribute, and does nothing: what wandb would have sent to its server."""

    def __init__(self, *args, **kwargs):
        pass

    def __call__(self, *args, **kwargs):
        return self

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        return False

    def __iter__(self):
        return iter(())


class Run:
    """What init returns. As a context manager it is finished at the end of the block."""

    def __init__(self, name=None, id=None, project=None):
        self.id = os.environ.get("SWEEP_TRIAL") or id or "local"
        self.name = name or self.id
        self.project = project or os.environ.get("SWEEP_SWEEP") or ""
        self.sweep_id = os.environ.get("SWEEP_SWEEP") or None

    @property
    def config(self):
        return config

    @property
    def summary(self):
        return summary

    @property
    def step(self):
        return _state.step

    @property
    def dir(self):
        return directory()

    def log(self, data, step=None, commit=None, sync=None):
        log(data, step, commit)

    def finish(self, exit_code=None, quiet=None):
        finish()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        finish()
        return False

    def _ignore(self, *args, **kwargs):
        return _Nothing()

    watch = unwatch = save = define_metric = log_artifact = use_artifact = log_code = alert = mark_preempting = _ignore


class _State:
    def __init__(self):
        self.step = 0  # of the last line
        self.lock = threading.RLock()  # a signal may come in the middle of a log, and its handler log, too
        self.fd = _descriptor()


def _descriptor():
    """The descriptor that takes metrics, or None. A script that was started by the swept one may have another file there."""
    try:
        fd = int(os.environ.get("SWEEP_METRICS_FD") or -1)
        found = os.fstat(fd)
    except (ValueError, OSError, OverflowError):
        return None
    inode = os.environ.get("SWEEP_METRICS_INODE") or "0"
    if not stat.S_ISFIFO(found.st_mode) or inode not in ("0", str(found.st_ino)):
        return None
    return fd


def _number(value):
    """The value as a number JSON can hold, or None: numpy's and torch's scalars are, strings and pictures are not."""
    if isinstance(value, bool):
        return value
    if not hasattr(type(value), "__float__"):  # float() would read numbers from text
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError, RuntimeError):
        return None  # a tensor of many numbers, for one


def _numbers(data, prefix=""):
    for name, value in data.items():
        if hasattr(value, "items") and not isinstance(value, _Nothing):
            yield from _numbers(value, prefix + str(name) + ".")
        else:
            number = _number(value)
            if number is not None:
                yield prefix + str(name), number


def _send(line):
    if _state.fd is None:
        print(line, flush=True)
        return
    data = line.encode("ascii") + b"\n"
    while data:
        data = data[os.write(_state.fd, data):]


def _write(data, step, examples=None):
    head = {"step": step}
    if examples is not None:
        head["examples"] = examples
    line, size = dict(head), 0
    with _state.lock:
        for name, number in _numbers(data):
            if name in head:
                continue
            size += len(json.dumps(name)) + 32
            if size > _LINE:
                _send(json.dumps(line))
                line, size = dict(head), len(name) + 32
            line[name] = number
        _send(json.dumps(line))


def _whole(value):
    """The value as a step, or None."""
    number = _number(value)
    if number is None or isinstance(number, bool) or not 0 <= number <= 2 ** 53 or number != int(number):
        return None
    return int(number)


def log(data, step=None, commit=None, sync=None):
    """Tell metrics: the numbers in a dict, nested or not. Everything else in it is ignored.

    Without a step they count 1, 2, 3. With commit=False the next log has the same step.
    """
    with _state.lock:
        at = _whole(data.get("step") if step is None else step)
        if at is None:
            at = _state.step + 1
        if step is not None or commit is None or commit:
            _state.step = at
        dict.update(summary, data)
        _write({k: v for k, v in data.items() if k not in ("step", "examples")}, at, _whole(data.get("examples")))


def init(*ignored, config=None, name=None, id=None, project=None, **more):
    """Begin. config holds values for parameters that the sweep does not set; all else that wandb takes is ignored."""
    global run
    for parameter, value in _items(config):
        _parameters._set(str(parameter), value, warn=False)
    run = Run(name, id, project)
    return run


def finish(exit_code=None, quiet=None):
    """End. Nothing is held back, so there is nothing to be done; a script that does not call it loses nothing."""
    if sys.stdout is not None:
        sys.stdout.flush()


def directory():
    """The trial's own folder, which is kept when it goes on later. Without a sweep, the current one."""
    path = os.environ.get("SWEEP_DIR_TRIAL")
    if not path:
        return os.getcwd()
    os.makedirs(path, exist_ok=True)
    return path


def seed(default=0):
    """The seed to train with."""
    return int(os.environ.get("SWEEP_SEED") or default)


def pause():
    """Exit in the way that says: not done, goes on later. What is to be kept has to be in directory() by then."""
    sys.exit(_PAUSED)


def _ignored(*args, **kwargs):
    return _Nothing()


watch = unwatch = save = define_metric = log_artifact = use_artifact = alert = login = setup = _ignored
Image = Table = Histogram = Artifact = Video = Audio = Html = Settings = _Nothing
plot = _Nothing()


def _params():
    path = os.environ.get("SWEEP_PARAMS")
    if not path:
        return {}
    with open(path, encoding="utf-8") as f:
        return json.load(f)


_state = _State()
_swept = _params()
_parameters = config = Config(_swept, _swept)
summary = Summary()
run = None  # until init
