# One verb a chore. Everything that a target needs is set up first; what is current is left alone.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup tools build sim test lint bench fuzz docs clean

# Arguments of the target: make sim ARGS="duration:=30 console:=false", make test ARGS="-k tracker"
ARGS ?=
COLCON_ARGS ?=

# What an installed file is made from. Tests are not installed, so a change in one builds nothing.
SOURCES := $(shell find src -type f -not -path '*/__pycache__/*' -not -name '*.pyc' \
	-not -path '*.egg-info/*' -not \( -path '*/test/*' -name '*.py' \) 2>/dev/null)

help: ## show this
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

setup: ## bring ROS 2 and the Python libraries into .venv (see underlay/setup)
	@underlay/setup

tools: ## … and what tests, lint and the documentation need
	@underlay/setup --tools

build: setup ## build src/ into build/ and install/
	@# What was built for another ROS does not run: all of it is built again.
	@source setup.bash; mkdir -p build; \
		if [ -e build/.ros ] && [ "$$(cat build/.ros)" != "$$ROS_DISTRO" ]; then rm -rf build/inhand_* build/.built install; fi; \
		echo "$$ROS_DISTRO" >build/.ros
	@printf '%s\n' $(SOURCES) | sort > build/.sources.now
	@# colcon leaves what is no longer in src/ installed: a package that lost a file is installed again.
	@for package in $$(comm -23 build/.sources build/.sources.now 2>/dev/null | sed -n 's|^src/\([^/]*\)/.*|\1|p' | sort -u); do \
		rm -rf install/$$package build/$$package/ament_cmake_python; \
		[ -f src/$$package/CMakeLists.txt ] || rm -rf build/$$package; \
	done
	@# … and the metadata of an older version, whose commands would be found as well.
	@for info in install/inhand_*/lib/python3*/site-packages/inhand_*.egg-info; do \
		package=$${info#install/}; package=$${package%%/*}; \
		version=$$(sed -n 's|.*<version>\(.*\)</version>.*|\1|p' src/$$package/package.xml 2>/dev/null); \
		case $$info in */$$package-$$version-py*) ;; *) rm -rf "$$info" ;; esac; \
	done
	@cmp -s build/.sources.now build/.sources || cp build/.sources.now build/.sources
	@$(MAKE) --no-print-directory -s build/.built

build/.built: $(SOURCES) build/.sources setup.bash colcon.meta $(addprefix underlay/,requirements.txt jazzy.txt kilted.txt) requirements.txt
	@source setup.bash && env -u PYTHONDONTWRITEBYTECODE PYTHONWARNINGS=ignore nice -n 5 colcon build --event-handlers desktop_notification- \
		$(COLCON_ARGS) 2> >(grep -v "doesn't contain any 'local_setup" >&2)
	@touch $@

sim: build ## the whole simulated system: make sim ARGS="duration:=30 console:=false"
	@source setup.bash && exec inhand sim $(ARGS)

test: tools build ## all tests: make test, make test ARGS="unit" (or gtest, underlay, system)
	@source setup.bash && exec .ci/test $(ARGS)

lint: tools ## ruff, clang-format, pyright, and no function twice
	@source setup.bash && exec .ci/lint

fuzz: build ## 100,000 mutated inputs for the parsers of devices, bags and files: make fuzz ARGS="--count 1000000"
	@source setup.bash && exec inhand fuzz $(ARGS)

bench: build ## the benchmarks of the README
	@source setup.bash && for bench in $(or $(ARGS),control env); do inhand bench $$bench || exit 1; done

docs: tools build ## this documentation as a site, into build/site
	@source setup.bash && NO_MKDOCS_2_WARNING=1 mkdocs build --quiet && echo "build/site/index.html"

clean: ## remove what was built (not .venv)
	rm -rf build install log
