// What --help says beyond the options.
#pragma once

namespace wippy::cli::help {

inline constexpr const char* kUsage = "Usage: wippy [OPTIONS] COMMAND ...";
inline constexpr const char* kCommands =
    "Commands:\n"
    "  run                        start the application's services, until a signal ends it\n"
    "  run list                   list the application's commands\n"
    "  run <command> [args...]    run a command\n"
    "  run -x <id> [args...]      run any process entry\n"
    "  test [name] [args...]      run the application's test command\n"
    "  lint                       load and check, start nothing\n"
    "  registry list|show         look at the entries, start nothing\n"
    "  init                       write a wippy.lock\n"
    "  topology                   show cores, memory nodes and where workers would go\n"
    "  top                        watch the processes of a running node\n"
    "  ps                         list them\n"
    "  dump                       what each waits for, deadlocks first\n"
    "  trace <recording> <file>   turn a crash's flight recording into a trace file\n"
    "  completion <shell>         print a completion script for bash, zsh or fish\n"
    "  version                    show the version\n"
    "\n"
    "An application is a directory with index files, src/_index.yaml first of all; wippy looks for it in the current\n"
    "directory, or where -C says.\n"
    "\n"
    "Examples:\n"
    "  wippy lint                          is everything in order here?\n"
    "  wippy -C examples/app run list      what can this application do?\n"
    "  wippy run greet Ada                 run its command greet with one argument\n"
    "\n"
    "wippy <command> --help tells more.";

inline constexpr const char* kRunUsage =
    "Usage: wippy run [OPTIONS]                         the services, until SIGINT or SIGTERM\n"
    "       wippy run [OPTIONS] list                    what <command> may be\n"
    "       wippy run [OPTIONS] <command> [args...]     one command\n"
    "       wippy run [OPTIONS] -x <id> [args...]       any process entry";
inline constexpr const char* kRunExamples =
    "Words after the command belong to it, options included; `--` ends wippy's own options.\n"
    "What the process returns is the exit code: an integer itself, false 1, an error 1 with its message on stderr, a "
    "text 0\n"
    "with the text on stdout. Commands do not log unless -v, -c or -e asks for it.\n"
    "\n"
    "Examples:\n"
    "  wippy run                                         start everything with lifecycle.auto_start\n"
    "  wippy run greet Ada --loud                        --loud is an argument of greet\n"
    "  wippy run -v greet                                -v is wippy's: log\n"
    "  wippy run -x app:worker 7                         a process that is no command\n"
    "  wippy run -o app:processes:host.workers=3 greet   with another number of workers\n"
    "  wippy run --sim --seed 7 greet                    the same run, simulated";

inline constexpr const char* kInspectExamples =
    "A node that `wippy run` has started answers this user alone, by a socket in "
    "${XDG_RUNTIME_DIR:-/tmp}/wippy-<uid>.\n"
    "CPU is a sample of the last second; the age of a message is at least what is shown.\n"
    "\n"
    "Examples:\n"
    "  wippy top                              keys: s sort, / filter, c cancel, t terminate, q quit\n"
    "  wippy ps --sort mailbox --limit 10     whose mail piles up?\n"
    "  wippy ps --entry 'app.jobs:*' --json   for a script\n"
    "  wippy dump                             why does nothing move?";

inline constexpr const char* kTestUsage = "Usage: wippy test [OPTIONS] [name] [args...]";
inline constexpr const char* kTestExamples =
    "A test is a command whose entry says `meta: {command: {name: check, use_case: test}}`; it fails by its exit code, "
    "as\n"
    "any command. With several of them the name says which one.\n"
    "\n"
    "Examples:\n"
    "  wippy test                run the only one\n"
    "  wippy test list           list them\n"
    "  wippy test check fast     run the test check with the argument fast";

inline constexpr const char* kTopologyExamples =
    "Examples:\n"
    "  wippy topology                     this machine\n"
    "  wippy topology --workers 16        where 16 workers would go";

inline constexpr const char* kLintExamples =
    "The exit code is 1 when there are errors.\n"
    "\n"
    "Examples:\n"
    "  wippy lint                         index files, entries, references, Lua syntax\n"
    "  wippy lint --json                  for editors and scripts";

inline constexpr const char* kInitExamples =
    "Examples:\n"
    "  wippy init                         sources in ./src, modules in .wippy\n"
    "  wippy init -d app                  sources in ./app";

inline constexpr const char* kRegistryUsage =
    "Usage: wippy registry [OPTIONS] list [filters]     the entries, one a line\n"
    "       wippy registry [OPTIONS] show <id>          one entry";
inline constexpr const char* kRegistryExamples =
    "Values that come from variables are shown as they are written: ${env:TOKEN}, never what it holds.\n"
    "\n"
    "Examples:\n"
    "  wippy registry list                               all entries\n"
    "  wippy registry list -k 'process.*' -n app         processes and hosts of one namespace\n"
    "  wippy registry list --meta command.name=greet     by a value of meta\n"
    "  wippy registry show app:greet                     one entry as YAML\n"
    "  wippy registry show app:greet --field source --raw";

inline constexpr const char* kCompletionExamples =
    "It completes commands, options, the application's command names and entry IDs.\n"
    "\n"
    "Examples:\n"
    "  source <(wippy completion bash)                   in ~/.bashrc\n"
    "  wippy completion zsh > ~/.zfunc/_wippy            ~/.zfunc being in fpath\n"
    "  wippy completion fish > ~/.config/fish/completions/wippy.fish";

}  // namespace wippy::cli::help
