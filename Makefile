# SPDX-License-Identifier: Apache-2.0
# The commands a newcomer needs; the build itself is Meson's. BUILD names the build folder.
BUILD ?= build
PREFIX ?= /usr/local

.PHONY: all build demo check bench install lint clean

all: build

$(BUILD)/build.ninja:
	scripts/install-deps build
	meson setup $(BUILD) --prefix $(PREFIX) -Dtests=false

build: $(BUILD)/build.ninja
	ninja -C $(BUILD)

demo: build
	scripts/demo $(BUILD)/src/vulnward $(BUILD)/demo

check:
	scripts/install-deps check
	scripts/check $(BUILD)

bench: build
	python3 bench/run.py $(BUILD)/src/vulnward $(BUILD)/bench/raw $(BUILD)/bench/open $(BUILD)/bench/data

install: build
	meson install -C $(BUILD)

clean:
	rm -rf $(BUILD)
