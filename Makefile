# What one does in a clone, in one place. `.ci/run` does `make all` in a fresh environment.
.PHONY: all install style types imports javascript docs package test constraints lowest licences audit nightly load

all: style types imports javascript docs package test load

install:  ## everything that is needed here, at the versions that the checks ran with
	pip install -c constraints.txt -r requirements.txt -r requirements-dev.txt

style:
	ruff check .
	ruff format --check .

types:
	mypy disgen pages app.py served.py

imports:  ## who may import whom, see the README's table
	lint-imports --no-cache

javascript:
	npm ci --no-audit --no-fund --silent
	npx biome lint --error-on-warnings
	npx tsc

docs:  ## into build/site
	NO_MKDOCS_2_WARNING=1 mkdocs build --strict

package:  ## the wheel, tried in an empty folder
	rm -rf build/wheel
	pip wheel --quiet --no-deps --wheel-dir build/wheel .
	pip install --quiet --no-deps --target build/wheel/site build/wheel/*.whl
	DISGEN_SITE="$(CURDIR)/build/wheel/site" pytest tests/test_package.py

test:  ## on all cores, each file on one of them
	pytest -n auto --dist loadfile

constraints:  ## the newest versions that fit; needs uv
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-annotate --custom-compile-command \
	"make constraints" requirements.txt requirements-dev.txt --output-file constraints.txt

lowest:  ## the lowest versions that requirements*.txt allow, in an environment of their own; needs uv
	uv venv --quiet --clear build/lowest
	VIRTUAL_ENV=build/lowest uv pip install --quiet --resolution lowest-direct -r requirements.txt -r requirements-dev.txt
	build/lowest/bin/python -m pytest $(TESTS)

licences:  ## of all packages that are installed here, by licence; needs uv
	uvx pip-licenses --python "$$(command -v python)" --order=license --format=markdown

audit:  ## known weaknesses of the locked versions; needs uv, and the service that knows them
	uvx pip-audit --no-deps --disable-pip -r constraints.txt

nightly:  ## 100,000 mutated inputs, for hours; `DISGEN_FUZZ=5 make nightly` tries 10,000
	pytest -m nightly --log-cli-level=INFO tests/test_fuzz.py

load:  ## ten people at once for two minutes: no error, and nobody sees another's crystal
	python -m disgen bench --load --people 10 --minutes 2 --json
