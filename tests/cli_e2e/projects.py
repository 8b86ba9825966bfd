"""Small applications for the cases: hosts, and process entries given as name = Lua text or (fields, Lua text)."""

import e2e

PROCESS_HOST = "  - {name: processes, kind: process.host, host: {workers: 2}, lifecycle: {auto_start: true}}\n"
TERMINAL = "  - {name: terminal, kind: terminal.host}\n"
HEAD = 'version: "1.0"\nnamespace: app\n\nentries:\n'


def entry(name, fields=""):
    return f"  - {{name: {name}, kind: process.lua, source: 'file://{name}.lua', modules: [time]{fields and ', ' + fields}}}\n"


def project(processes, hosts=PROCESS_HOST + TERMINAL, more=""):
    """processes: name -> body of main(...), or (extra fields, body)."""
    files, index = {}, HEAD + hosts
    for name, given in processes.items():
        fields, body = given if isinstance(given, tuple) else ("", given)
        index += entry(name, fields)
        files[f"src/{name}.lua"] = f'local time = require("time")\nlocal function main(...)\n{body}\nend\nreturn {{ main = main }}\n'
    files["src/_index.yaml"] = index + more
    return e2e.write_files(e2e.scratch(), files)


def command(name, short="", more=""):
    return f"meta: {{command: {{name: {name}{short and ', short: ' + short}}}}}{more}"


def service(name, process, more=""):
    return (f"  - name: {name}\n    kind: process.service\n    process: {process}\n    host: app:processes\n"
            f"    lifecycle: {{auto_start: true{more and ', ' + more}}}\n")


def run_body(body, *arguments, flags=()):
    """main of app:it on the terminal host."""
    return e2e.run(project({"it": body}), "run", *flags, "-x", "app:it", *arguments)
