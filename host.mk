# The extension in its two host environments: `make host-envs`, `make host-test`. Included by the Makefile.
#   HOSTS="a1111"       only one of them
# Chromium comes from the system's packages; without it the tests of the page are skipped with a reason.
HOSTS ?= a1111 forge
# Their pins have wheels for these two.
HOST_PYTHON ?= $(shell command -v python3.11 || command -v python3.10 || echo $(PYTHON))
HOST_PIP = .venv-$*/bin/python -m pip -qq --no-input --disable-pip-version-check
HOST_STAMPS := $(HOSTS:%=.venv-%/.ready)

.PHONY: host-envs host-test host-clean

host-envs: $(HOST_STAMPS)

.venv-%/.ready: tests/host/requirements-%.txt requirements.txt
	@echo "setting up .venv-$* (once; about 600 MB)"
	test -x .venv-$*/bin/python || $(HOST_PYTHON) -m venv .venv-$*
	$(HOST_PIP) install -r $<
	@# What install.py adds, apart from the rest, for a test sees it come.
	$(HOST_PIP) freeze > .venv-$*/pins.txt
	$(HOST_PIP) install --target .venv-$*/added --constraint .venv-$*/pins.txt \
	  "$$(sed -n 's/^\(openai==[^ ]*\).*/\1/p' requirements.txt)"
	@touch $@

# Started with `sh`, so that a clone without execute bits works too.
host-test: $(HOST_STAMPS)
	@command -v chromium >/dev/null || command -v chromium-browser >/dev/null || sh tests/browser/install-chromium.sh
	for host in $(HOSTS); do \
	  OMP_NUM_THREADS=1 .venv-$$host/bin/python -m pytest -p no:cacheprovider tests/host tests/browser || exit 1; \
	done

host-clean:
	rm -rf $(HOSTS:%=.venv-%) tests/browser/out
