package lab

var mistakes = []mistake{
	{"empty document", "", []string{
		`1:1: no front matter; begin the document with a line "---", then title and summary, then "---"`,
	}},
	{"no front matter", "# T\n", []string{
		`1:1: no front matter; begin the document with a line "---", then title and summary, then "---"`,
	}},
	{"front matter not closed", "---\ntitle: T\n", []string{
		`1:1: the front matter is not closed; end it with a line "---"`,
	}},
	{"empty front matter", "---\n---\n# T\n", []string{
		`2:1: the front matter is empty`,
	}},
	{"bytes that are no text", "---\ntitle: T\xff\n---\n", []string{
		`2:9: byte 0xff is no text; save the document as UTF-8 text`,
	}},
	{"a control character", "---\ntitle: T\x00\n---\n", []string{
		`2:9: byte 0x00 is no text; save the document as UTF-8 text`,
	}},
	{"a tab for indentation", inHeader("needs:\n\t- config: CONFIG_X"), []string{
		`5:1: found character '	' that cannot start any token; indent with spaces, not tabs`,
	}},
	{"bad indent", inHeader("cpus: 1\n memory: 256MiB"), []string{
		`4:7: mapping value is not allowed in this context; look at the indentation of this line and the next, and put a value with ": " in it in quotes`,
	}},
	{"a bare range with >", inHeader("kernels: >=5.8"), []string{
		`4:10: invalid header option: "=5.8"; put a value that begins with ">" or "|" in quotes`,
	}},
	{"two YAML documents", inStep("repeat: 1\n---\nrepeat: 2"), []string{
		`18:1: the step's comment has a second YAML document; leave "---" and "..." out`,
	}},
	{"the end of a YAML document", inStep("repeat: 1\n...\nrepeat: 2"), []string{
		`17:1: the step's comment has a second YAML document; leave "---" and "..." out`,
	}},
	{"a list that is not closed", inStep("load: [a, b"), []string{
		`17:7: sequence end token ']' not found`,
	}},
	{"a very long value", inHeader("duration: [1]\ncolour: red\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: 1"), []string{
		`4:11: duration wants text, not a list`,
		`5:1: unknown key "colour" in the front matter; want title, summary, program, starter, kernels, memory, cpus, timeout, needs, modules, target, lsm, allow_splat, harmless or duration`,
		`6:1: unknown key "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…" in the front matter; want title, summary, program, starter, kernels, memory, cpus, timeout, needs, modules, target, lsm, allow_splat, harmless or duration`,
	}},
	{"an anchor", inHeader("memory: &m 256MiB"), []string{
		`4:9: anchors, aliases and tags are not read; write the value out`,
	}},
	{"a tag", inHeader("cpus: !!int 1"), []string{
		`4:7: anchors, aliases and tags are not read; write the value out`,
	}},
	{"a list for a mapping", inHeader("needs:\n  - CONFIG_X"), []string{
		`5:5: needs wants keys and values, not the text "CONFIG_X"`,
	}},
	{"front matter is a list", "---\n- a\n---\n# T\n\n## S\n", []string{
		`2:1: the front matter is no list of "key: value" lines`,
	}},
	{"a duplicate key", inHeader("cpus: 1\ncpus: 2"), []string{
		`5:1: the front matter has the key "cpus" twice; keep one of them`,
	}},
	{"a key without value", inHeader("cpus:"), []string{
		`4:1: cpus has no value; leave the key out, or give it one`,
	}},
	{"a key that is no word", inHeader("1: x"), []string{
		`4:1: the front matter has a key that is no word`,
	}},
	{"an unknown key in the front matter", inHeader("memmory: 256MiB"), []string{
		`4:1: unknown key "memmory" in the front matter; did you mean "memory"?`,
	}},
	{"an unknown key near to nothing", inHeader("colour: red"), []string{
		`4:1: unknown key "colour" in the front matter; want title, summary, program, starter, kernels, memory, cpus, timeout, needs, modules, target, lsm, allow_splat, harmless or duration`,
	}},
	{"title and summary missing", "---\ncpus: 1\n---\n# T\n\n## Step\n\n```sh\nls\n```\n\n<!-- bpflab\nchecks:\n  - exit: 0\n-->\n", []string{
		`2:1: the front matter has no title`,
		`2:1: the front matter has no summary`,
	}},
	{"a misspelled title", "---\ntitel: T\nsummary: S\n---\n# T\n\n## Step\n\n```sh\nls\n```\n\n<!-- bpflab\nchecks:\n  - exit: 0\n-->\n", []string{
		`2:1: unknown key "titel" in the front matter; did you mean "title"?`,
	}},
	{"an empty title", "---\ntitle: \"\"\nsummary: S\n---\n# T\n\n## Step\n\n```sh\nls\n```\n\n<!-- bpflab\nchecks:\n  - exit: 0\n-->\n", []string{
		`2:8: title is empty; fill it, or leave the key out`,
	}},
	{"a number for text", inHeader("duration: 10"), []string{
		`4:11: duration wants text, not 10; put it in quotes`,
	}},
	{"a summary of two lines", inHeader("duration: |\n  a\n  b"), []string{
		`4:11: duration is "a\nb\n": want one line of text`,
	}},
	{"program without starter", inHeader("program: ../../bpf/x.bpf.c"), []string{
		`4:10: the front matter has a program and no starter; name the file the student begins with`,
	}},
	{"starter without program", inHeader("starter: ../../bpf/x.bpf.c"), []string{
		`4:10: the front matter has a starter and no program; name the solution's file as program`,
	}},
	{"a program outside", inHeader("program: ../../../etc/x.c\nstarter: /x.c"), []string{
		`4:10: program ../../../etc/x.c is outside; paths are relative to the document and stay in the project`,
		`5:10: starter /x.c is outside; paths are relative to the document and stay in the project`,
	}},
	{"a program that is no C file", inHeader("program: x.o\nstarter: x.c"), []string{
		`4:10: program is "x.o": want a path of letters, digits and ._/- that ends in .c`,
	}},
	{"a bad kernel range", inHeader("kernels: six"), []string{
		`4:10: kernels: "six" is no kernel range: want for example 6.1, <5.2, >=5.8 or ">=5.8 <6.0"`,
	}},
	{"an empty kernel range", inHeader("kernels: \">=6.0 <5.8\""), []string{
		`4:10: kernels: no kernel version can be in the range ">=6.0 <5.8"`,
	}},
	{"a size without unit", inHeader("memory: 256"), []string{
		`4:9: memory: "256" is no size: want for example 256MiB or 2GiB`,
	}},
	{"a size too small", inHeader("memory: 1MiB"), []string{
		`4:9: memory is 1MiB: want 64MiB to 64GiB`,
	}},
	{"a negative size", inHeader("memory: -1MiB"), []string{
		`4:9: memory: "-1MiB" is no size: want for example 256MiB or 2GiB`,
	}},
	{"no CPU", inHeader("cpus: 0"), []string{
		`4:7: cpus is 0: want 1 to 64`,
	}},
	{"CPUs in words", inHeader("cpus: two"), []string{
		`4:7: cpus wants a whole number, not the text "two"`,
	}},
	{"half a CPU", inHeader("cpus: 1.5"), []string{
		`4:7: cpus wants a whole number, not 1.5`,
	}},
	{"a number too large", inHeader("cpus: 9223372036854775808"), []string{
		`4:7: cpus is 9223372036854775808, which is too large`,
	}},
	{"a timeout without unit", inHeader("timeout: 60"), []string{
		`4:10: timeout wants a duration such as 90s or 2m, not 60`,
	}},
	{"a timeout too long", inHeader("timeout: 2h"), []string{
		`4:10: timeout is 2h0m0s: want 1s to 1h0m0s`,
	}},
	{"a negative timeout", inHeader("timeout: -5s"), []string{
		`4:10: timeout is -5s: want 1s to 1h0m0s`,
	}},
	{"a need without config", inHeader("needs:\n  - since: 5.8"), []string{
		`5:5: a need has no config`,
	}},
	{"a need that is no option", inHeader("needs:\n  - config: KPROBES"), []string{
		`5:13: config is "KPROBES": want CONFIG_ and capital letters`,
	}},
	{"a need twice", inHeader("needs:\n  - config: CONFIG_X\n  - config: CONFIG_X"), []string{
		`6:5: needs names CONFIG_X twice; keep one`,
	}},
	{"optional in words", inHeader("needs:\n  - config: CONFIG_X\n    optional: yes"), []string{
		`6:15: optional wants true or false, not the text "yes"`,
	}},
	{"a bad since", inHeader("needs:\n  - config: CONFIG_X\n    since: new"), []string{
		`6:12: since: "new" is no kernel version: want for example 6.1, 5.10.192 or 7.1-rc3`,
	}},
	{"modules as text", inHeader("modules: veth"), []string{
		`4:10: modules wants a list, not the text "veth"; begin each item with "- "`,
	}},
	{"a module twice", inHeader("modules: [veth, veth]"), []string{
		`4:17: modules names "veth" twice; keep one`,
	}},
	{"an empty list", inHeader("modules: []"), []string{
		`4:10: modules is an empty list; leave the key out, or add an item`,
	}},
	{"a module that is a path", inHeader("modules: [a/b]"), []string{
		`4:11: modules is "a/b": want a module's name`,
	}},
	{"no title", "---\ntitle: T\nsummary: S\n---\n\n## Step\n\n```sh\nls\n```\n\n<!-- bpflab\nchecks:\n  - exit: 0\n-->\n", []string{
		`6:1: the document has no title; write the title as a line "# Title" above the first step`,
	}},
	{"text above the title", "---\ntitle: T\nsummary: S\n---\n\nHello\n\n# T\n\n## Step\n\n```sh\nls\n```\n\n<!-- bpflab\nchecks:\n  - exit: 0\n-->\n", []string{
		`6:1: text stands above the title; move it below the line "# Title"`,
	}},
	{"a second title", inHeader("cpus: 1") + "\n# Again\n", []string{
		`19:1: the document has a second title; write steps as "## Step"`,
	}},
	{"the title below a step", "---\ntitle: T\nsummary: S\n---\n## Step\n\n```sh\nls\n```\n\n<!-- bpflab\nchecks:\n  - exit: 0\n-->\n\n# T\n", []string{
		`16:1: the title stands below a step`,
	}},
	{"two steps of one name", inHeader("cpus: 1") + "\n## STEP!\n", []string{
		`19:1: this step is named "step", as the one in line 8 is; change one of the headings`,
	}},
	{"a heading without a letter", inHeader("cpus: 1") + "\n## ???\n", []string{
		`19:1: the step's heading "???" has no letter a-z or digit to name it by`,
	}},
	{"an empty heading", inHeader("cpus: 1") + "\n##\n", []string{
		`19:1: a heading is empty`,
	}},
	{"an underlined heading", inHeader("cpus: 1") + "\nMore\n----\n", []string{
		`19:1: a heading is underlined; write # for the title and ## for a step`,
	}},
	{"no step", "---\ntitle: T\nsummary: S\n---\n# T\n", []string{
		`1:1: no step of this lab does or checks anything; give a step a bpflab comment with checks`,
	}},
	{"text only", "---\ntitle: T\nsummary: S\n---\n# T\n\n## Read\n\n```sh\nls\n```\n", []string{
		`1:1: no step of this lab does or checks anything; give a step a bpflab comment with checks`,
	}},
	{"a comment in the introduction", "---\ntitle: T\nsummary: S\n---\n# T\n\n<!-- bpflab\nchecks: []\n-->\n", []string{
		`1:1: no step of this lab does or checks anything; give a step a bpflab comment with checks`,
		`7:1: this bpflab comment is in no step; put it below the heading of a step`,
	}},
	{"two comments in a step", inHeader("cpus: 1") + "\n<!-- bpflab\nchecks:\n  - exit: 0\n-->\n", []string{
		`19:1: the step has two bpflab comments; put all of it into the first`,
	}},
	{"a comment by another name", inHeader("cpus: 1") + "\n## Two\n\n<!-- bpflba\nchecks:\n  - exit: 0\n-->\n", []string{
		`21:1: a comment begins with "bpflba"; did you mean "bpflab"?`,
	}},
	{"a comment in one line", inHeader("cpus: 1") + "\n## Two\n\n<!-- bpflab -->\n", []string{
		`21:1: text stands behind bpflab on the comment's first line; write "<!-- bpflab" on a line of its own, the YAML below it, and "-->" on a line of its own`,
	}},
	{"an empty comment", inHeader("cpus: 1") + "\n## Two\n\n<!-- bpflab\n-->\n", []string{
		`22:1: the step's comment is empty`,
	}},
	{"a comment that is not closed", inHeader("cpus: 1") + "\n## Two\n\n<!-- bpflab\nrepeat: 2\n", []string{
		`21:1: this bpflab comment does not end in a line "-->"; write "<!-- bpflab" on a line of its own, the YAML below it, and "-->" on a line of its own`,
	}},
	{"a comment whose end is not alone", inHeader("cpus: 1") + "\n## Two\n\n<!-- bpflab\nrepeat: 2 -->\n", []string{
		`21:1: this bpflab comment does not end in a line "-->"; write "<!-- bpflab" on a line of its own, the YAML below it, and "-->" on a line of its own`,
	}},
	{"a comment in a list", inHeader("cpus: 1") + "\n- a\n\n  <!-- bpflab\n  repeat: 2\n  -->\n", []string{
		`21:3: this bpflab comment is part of a code block, list, paragraph or <details>; begin it at the left margin, below an empty line`,
	}},
	{"a comment in a code block", inHeader("cpus: 1") + "\n```text\n\n<!-- bpflab\nrepeat: 2\n-->\n", []string{
		`21:1: this bpflab comment is part of a code block, list, paragraph or <details>; begin it at the left margin, below an empty line`,
	}},
	{"a comment in a paragraph", inHeader("cpus: 1") + "\nsee <!-- bpflab\nrepeat: 2\n-->\n", []string{
		`19:5: this bpflab comment is part of a code block, list, paragraph or <details>; begin it at the left margin, below an empty line`,
	}},
	{"a comment right below details", inHeader("cpus: 1") + "\n## Two\n\n<details><summary>Hint</summary>\n\nx\n\n</details>\n<!-- bpflab\nrepeat: 2\n-->\n", []string{
		`26:1: text right after </details> is not read as Markdown; leave an empty line below </details>`,
		`26:1: this bpflab comment is part of a code block, list, paragraph or <details>; begin it at the left margin, below an empty line`,
	}},
	{"details not closed", inHeader("cpus: 1") + "\n<details><summary>Hint</summary>\n\nx\n\n## Three\n", []string{
		`19:1: <details> is not closed; write </details> on a line of its own, before the next heading or <details>`,
	}},
	{"details inside details", inHeader("cpus: 1") + "\n<details><summary>Hint</summary>\n<details><summary>Hint</summary>\nx\n</details>\n</details>\n", []string{
		`20:1: <details> inside <details>`,
	}},
	{"two solutions", inHeader("cpus: 1") + "\n<details><summary>Solution</summary>\n\nx\n\n</details>\n\n<details><summary>Solution</summary>\n\ny\n\n</details>\n", []string{
		`25:1: the step has two solutions`,
	}},
	{"a misspelled hint", inHeader("cpus: 1") + "\n<details><summary>Hnit: x</summary>\n\nx\n\n</details>\n", []string{
		`19:1: a <details> block begins with "Hnit"; did you mean "Hint"?`,
	}},
	{"an unknown key in a comment", inStep("chekcs:\n  - exit: 0"), []string{
		`17:1: unknown key "chekcs" in a step's comment; did you mean "checks"?`,
	}},
	{"an unknown key in a check", inStep("checks:\n  - traec:\n      comm: ls"), []string{
		`18:5: unknown key "traec" in a check; did you mean "trace"?`,
	}},
	{"an unknown key in trace", inStep("checks:\n  - trace:\n      comm: ls\n      mesage: x"), []string{
		`20:7: unknown key "mesage" in trace; did you mean "message"?`,
	}},
	{"a check without a kind", inStep("checks:\n  - when: \"6.1\""), []string{
		`18:5: a check needs one of trace, stdout, exit, map, event, packets, test_run, run_time, accepted, rejected or insns`,
	}},
	{"a check of two kinds", inStep("checks:\n  - exit: 0\n    stdout:\n      equals: x"), []string{
		`18:5: a check has both stdout and exit; keep one`,
	}},
	{"checks as a mapping", inStep("checks:\n  exit: 0"), []string{
		`18:3: checks wants a list, not keys and values; begin each item with "- "`,
	}},
	{"a check as text", inStep("checks:\n  - exit"), []string{
		`18:5: checks wants keys and values, not the text "exit"`,
	}},
	{"an exit status in words", inStep("checks:\n  - exit: zero"), []string{
		`18:11: exit wants a whole number, not the text "zero"`,
	}},
	{"an exit status too large", inStep("checks:\n  - exit: 256"), []string{
		`18:11: exit is 256: want 0 to 255`,
	}},
	{"a negative exit status", inStep("checks:\n  - exit: -1"), []string{
		`18:11: exit is -1: want 0 to 255`,
	}},
	{"a null exit status", inStep("checks:\n  - exit:"), []string{
		`18:5: exit has no value; leave the key out, or give it one`,
	}},
	{"an empty trace", inStep("checks:\n  - trace:"), []string{
		`18:5: trace has no value; write {} if it needs none`,
	}},
	{"a trace that says nothing", inStep("checks:\n  - trace: {}"), []string{
		`18:12: trace needs comm, message or matches`,
	}},
	{"a trace with min and count", inStep("checks:\n  - trace:\n      comm: ls\n      min: 1\n      count: 2"), []string{
		`21:7: trace has both min and count; keep one`,
	}},
	{"a trace that any number satisfies", inStep("checks:\n  - trace:\n      comm: ls\n      min: 0"), []string{
		`20:12: min is 0: want 1 to 1000000`,
	}},
	{"a comm too long", inStep("checks:\n  - trace:\n      comm: a-very-long-command-name"), []string{
		`19:13: comm is "a-very-long-command-name": want at most 15 characters, as the kernel cuts it`,
	}},
	{"a message that is a number", inStep("checks:\n  - trace:\n      message: 5"), []string{
		`19:16: message wants text, not 5; put it in quotes`,
	}},
	{"a text that says two things", inStep("checks:\n  - stdout:\n      equals: a\n      contains: b"), []string{
		`20:7: stdout has both equals and contains; keep one`,
	}},
	{"a text that says nothing", inStep("checks:\n  - stdout: {}"), []string{
		`18:13: stdout needs one of equals, contains or matches`,
	}},
	{"a pattern that does not compile", inStep("checks:\n  - stdout:\n      matches: \"(\""), []string{
		"19:16: matches: error parsing regexp: missing closing ): `(`",
	}},
	{"a map without a name", inStep("checks:\n  - map:\n      sum: 3"), []string{
		`19:7: map has no name`,
	}},
	{"a map check that cannot fail", inStep("checks:\n  - map:\n      name: m"), []string{
		`19:7: map needs sum, entries or min`,
	}},
	{"a map with sum and min", inStep("checks:\n  - map:\n      name: m\n      sum: 1\n      min: 1"), []string{
		`21:7: map has both sum and min; keep one`,
	}},
	{"a negative number of entries", inStep("checks:\n  - map:\n      name: m\n      entries: -1"), []string{
		`20:16: entries is -1: want 0 to 1000000`,
	}},
	{"a list in where", inStep("checks:\n  - map:\n      name: m\n      where: [1]\n      sum: 1"), []string{
		`20:14: where wants fields and their values, not a list`,
	}},
	{"a list in a field of where", inStep("checks:\n  - map:\n      name: m\n      where:\n        pid: [1]\n      sum: 1"), []string{
		`21:9: the field "pid" in where wants a whole number, text, true or false`,
	}},
	{"a bad field in where", inStep("checks:\n  - map:\n      name: m\n      where:\n        \"a b\": 1\n      sum: 1"), []string{
		`21:9: where has the field "a b": want a name as in C`,
	}},
	{"an empty where", inStep("checks:\n  - map:\n      name: m\n      where: {}\n      sum: 1"), []string{
		`20:14: where is empty; leave the key out, or name a field`,
	}},
	{"a field twice in where", inStep("checks:\n  - map:\n      name: m\n      where:\n        pid: 1\n        pid: 2\n      sum: 1"), []string{
		`22:9: where has the key "pid" twice; keep one of them`,
	}},
	{"an event without a map", inStep("checks:\n  - event:\n      type: t"), []string{
		`19:7: event has no map`,
	}},
	{"an event with where and no type", inStep("checks:\n  - event:\n      map: m\n      where:\n        pid: 1"), []string{
		`20:7: where needs the type of the record; name the record's struct as type`,
	}},
	{"an event with a bare where", inStep("checks:\n  - event:\n      map: m\n      type: t\n      where: 1"), []string{
		`21:14: where wants fields and their values, not 1`,
	}},
	{"packets without send", inStep("checks:\n  - packets:\n      port: 7\n      received: 1"), []string{
		`18:5: packets are checked, and the step sends none; add a send entry to the step`,
	}},
	{"packets to another port", inStep("network: true\nsend:\n  - udp: 7000\n    count: 5\nchecks:\n  - packets:\n      port: 7001\n      received: 1"), []string{
		`23:13: the step sends nothing to port 7001; did you mean "7000"?`,
	}},
	{"packets without a number", inStep("network: true\nsend:\n  - udp: 7000\n    count: 5\nchecks:\n  - packets:\n      port: 7000"), []string{
		`23:7: packets needs received or dropped`,
	}},
	{"more packets than were sent", inStep("network: true\nsend:\n  - udp: 7000\n    count: 5\nchecks:\n  - packets:\n      port: 7000\n      received: 6"), []string{
		`24:17: received is 6, and the step sends 5`,
	}},
	{"packets that do not add up", inStep("network: true\nsend:\n  - udp: 7000\n    count: 5\nchecks:\n  - packets:\n      port: 7000\n      received: 3\n      dropped: 1"), []string{
		`25:16: received and dropped add up to 4, and the step sends 5 to port 7000`,
	}},
	{"a bad port", inStep("network: true\nsend:\n  - udp: 70000\n    count: 5"), []string{
		`19:10: udp is 70000: want 1 to 65535`,
	}},
	{"no packets", inStep("network: true\nsend:\n  - udp: 7000\n    count: 0"), []string{
		`20:12: count is 0: want 1 to 100000`,
	}},
	{"packets too large", inStep("network: true\nsend:\n  - udp: 7000\n    count: 1\n    size: 2000"), []string{
		`21:11: size is 2000: want 1 to 1472`,
	}},
	{"a send without a count", inStep("network: true\nsend:\n  - udp: 7000"), []string{
		`19:5: a send entry has no count`,
	}},
	{"a sender that does not exist", inStep("network: true\nsend:\n  - udp: 7000\n    count: 1\n    from: clinet"), []string{
		`21:11: unknown from "clinet"; did you mean "client"?`,
	}},
	{"send without network", inStep("send:\n  - udp: 7000\n    count: 1"), []string{
		`17:1: send needs the step's network; add "network: true"`,
	}},
	{"in without network", inStep("in: client"), []string{
		`17:5: in needs the step's network; add "network: true"`,
	}},
	{"in an unknown namespace", inStep("network: true\nin: host"), []string{
		`18:5: unknown in "host"; want client or server`,
	}},
	{"repeat of nothing times", inStep("repeat: 0"), []string{
		`17:9: repeat is 0: want 1 to 1000`,
	}},
	{"repeat without commands", inBareStep("network: true\nrepeat: 2"), []string{
		"10:9: repeat is for commands, and the step has none; put the commands in an ```sh block of the step",
	}},
	{"in without commands", inBareStep("network: true\nin: client"), []string{
		"10:5: in is for commands, and the step has none; put the commands in an ```sh block of the step",
	}},
	{"exit without commands", inBareStep("checks:\n  - exit: 0"), []string{
		`9:1: the step has checks and nothing to do; give it commands in an sh block, a program or a probe`,
		"10:11: exit is for commands, and the step has none; put the commands in an ```sh block of the step",
	}},
	{"stdout without commands", inBareStep("probe:\n  - kind: back_edge\nchecks:\n  - stdout:\n      equals: x"), []string{
		"12:5: stdout is for commands, and the step has none; put the commands in an ```sh block of the step",
	}},
	{"checks and nothing to do", inBareStep("checks:\n  - rejected:\n      errno: EPERM"), []string{
		`9:1: the step has checks and nothing to do; give it commands in an sh block, a program or a probe`,
		`10:5: rejected names no program, and the step has no probe; name the program: rejected: {program: NAME}`,
	}},
	{"trace without a program", inBareStep("probe:\n  - kind: back_edge\nchecks:\n  - trace:\n      comm: ls"), []string{
		`12:5: trace needs a program, and the step loads none; name a C file as program`,
	}},
	{"map without a program", inBareStep("probe:\n  - kind: back_edge\nchecks:\n  - map:\n      name: m\n      sum: 1"), []string{
		`12:5: map needs a program, and the step loads none; name a C file as program`,
	}},
	{"event without a program", inBareStep("probe:\n  - kind: back_edge\nchecks:\n  - event:\n      map: m"), []string{
		`12:5: event needs a program, and the step loads none; name a C file as program`,
	}},
	{"accepted naming a program that is not loaded", inBareStep("probe:\n  - kind: back_edge\nchecks:\n  - accepted:\n      program: p"), []string{
		`13:16: accepted names a program, and the step loads none; name a C file as program`,
	}},
	{"load without a program", inBareStep("load:\n  - p"), []string{
		`9:1: load is for programs, and the step loads none; name a C file as program`,
	}},
	{"accepted naming nothing", inStep("checks:\n  - accepted: {}"), []string{
		`18:15: accepted names no program, and the step has no probe; name the program: accepted: {program: NAME}`,
	}},
	{"rejected naming nothing", inStep("checks:\n  - rejected:\n      errno: EPERM"), []string{
		`18:5: rejected names no program, and the step has no probe; name the program: rejected: {program: NAME}`,
	}},
	{"insns naming nothing", inStep("checks:\n  - insns:\n      max: 10"), []string{
		`18:5: insns names no program, and the step has no probe; name the program: insns: {program: NAME}`,
	}},
	{"accepted of another program", inStep("load:\n  - hello\nchecks:\n  - accepted:\n      program: helo"), []string{
		`21:16: the step does not load the program "helo"; did you mean "hello"?`,
	}},
	{"rejected without a reason", inStep("checks:\n  - rejected:\n      program: p"), []string{
		`19:7: rejected needs errno or message`,
	}},
	{"an unknown errno", inStep("checks:\n  - rejected:\n      program: p\n      errno: EACCESS"), []string{
		`20:14: unknown errno "EACCESS"; did you mean "EACCES"?`,
	}},
	{"a message that does not compile", inStep("checks:\n  - rejected:\n      program: p\n      message: \"[\""), []string{
		"20:16: message: error parsing regexp: missing closing ]: `[`",
	}},
	{"insns without a bound", inStep("checks:\n  - insns:\n      program: p"), []string{
		`19:7: insns needs max or min`,
	}},
	{"insns with min above max", inStep("checks:\n  - insns:\n      program: p\n      min: 5\n      max: 2"), []string{
		`20:12: min 5 is more than max 2`,
	}},
	{"a load that is no name", inStep("load:\n  - a-b"), []string{
		`18:5: load is "a-b": want a name as in C`,
	}},
	{"a load twice", inStep("load:\n  - a\n  - a"), []string{
		`19:5: load names "a" twice; keep one`,
	}},
	{"attach without a program", inStep("attach:\n  - to: server"), []string{
		`18:5: an attach entry has no program`,
		`18:9: the interface server needs the step's network; add "network: true"`,
	}},
	{"attach that says nothing", inStep("attach:\n  - program: p"), []string{
		`18:5: an attach entry needs to, mode or none`,
	}},
	{"attach twice", inStep("attach:\n  - program: p\n    none: true\n  - program: p\n    none: true"), []string{
		`20:5: attach names "p" twice; keep one`,
	}},
	{"attach to and none", inStep("attach:\n  - program: p\n    to: x\n    none: true"), []string{
		`19:5: an attach entry has both none and to; keep one`,
	}},
	{"attach to an interface without network", inStep("attach:\n  - program: p\n    to: server"), []string{
		`19:9: the interface server needs the step's network; add "network: true"`,
	}},
	{"attach in an unknown mode", inStep("attach:\n  - program: p\n    mode: fast"), []string{
		`19:11: unknown mode "fast"; want native or generic`,
	}},
	{"attach of what is not loaded", inStep("load:\n  - a\nattach:\n  - program: b\n    none: true"), []string{
		`20:14: the step does not load the program "b"; want a`,
	}},
	{"a probe of no kind", inStep("probe:\n  - n: 3"), []string{
		`18:5: a probe has no kind`,
	}},
	{"a probe of an unknown kind", inStep("probe:\n  - kind: straightline\n    n: 4096"), []string{
		`18:11: unknown kind "straightline"; did you mean "straight_line"?`,
	}},
	{"a probe without n", inStep("probe:\n  - kind: stack"), []string{
		`18:5: a stack probe needs n`,
	}},
	{"a back edge with n", inStep("probe:\n  - kind: back_edge\n    n: 4"), []string{
		`19:8: a back_edge probe has no n; leave it out`,
	}},
	{"a straight line too short", inStep("probe:\n  - kind: straight_line\n    n: 1"), []string{
		`19:8: n is 1: a program has at least 2 instructions`,
	}},
	{"a stack too small", inStep("probe:\n  - kind: stack\n    n: 4"), []string{
		`19:8: n is 4: the write takes 8 bytes`,
	}},
	{"a negative n", inStep("probe:\n  - kind: stack\n    n: -8"), []string{
		`19:8: n is -8: want 1 to 100000000`,
	}},
	{"a probe as nobody", inStep("probe:\n  - kind: back_edge\n    as: nobody"), []string{
		`19:9: unknown as "nobody"; want root or user`,
	}},
	{"an empty when", inStep("when: \"\""), []string{
		`17:7: when is empty`,
	}},
	{"a bad when in a check", inStep("checks:\n  - exit: 0\n    when: 5"), []string{
		`19:11: when: "5" is no kernel range: want for example 6.1, <5.2, >=5.8 or ">=5.8 <6.0"`,
	}},
	{"an empty when in a check", inStep("checks:\n  - exit: 0\n    when: \"\""), []string{
		`19:11: when is empty`,
	}},
	{"a range as a list", inStep("when: [6.1]"), []string{
		`17:7: when wants a word, not a list`,
	}},
	{"a nested mapping that is no YAML", inStep("checks: [{a: 1}"), []string{
		`17:9: sequence end token ']' not found`,
	}},
	{"many mistakes at once", inStep("repeat: 0\nload: x\nchecks:\n  - exit: a\n  - packets:\n      port: 0\n      received: 1"), []string{
		`17:9: repeat is 0: want 1 to 1000`,
		`18:7: load wants a list, not the text "x"; begin each item with "- "`,
		`20:11: exit wants a whole number, not the text "a"`,
		`21:5: packets are checked, and the step sends none; add a send entry to the step`,
		`22:13: port is 0: want 1 to 65535`,
	}},
}
