package main

import (
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"mlpc/ir/diag"
	"mlpc/passes"
)

// usageError is a fault of the command line: exit 2.
type usageError struct{ msg, hint string }

func (e *usageError) Error() string {
	if e.hint == "" {
		return e.msg
	}
	return e.msg + "; " + e.hint
}

func usage(hint, format string, args ...any) error {
	return &usageError{fmt.Sprintf(format, args...), hint}
}

// errDiffer says that emitted code gave wrong integers: exit 1, told already.
var errDiffer = errors.New("results differ")

// run is the whole command; it returns the exit code. A panic is a bug of mlpc and exits with 3.
func run(args []string, stdout, stderr io.Writer) (code int) {
	defer func() {
		if p := recover(); p != nil {
			fmt.Fprintf(stderr, "mlpc: bug: %v\n%s\nPlease report this with the command and the model.\n", p, debug.Stack())
			code = exitBug
		}
	}()
	app := newApp(&console{out: stdout, err: stderr})
	argv, err := reorder(app, args)
	if err == nil {
		err = app.Run(argv)
	}
	return report(err, stderr)
}

// report prints an error and gives the exit code that it means.
func report(err error, stderr io.Writer) int {
	var u *usageError
	var bug *passes.Bug
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errDiffer):
		return exitInput
	case errors.As(err, &u):
		fmt.Fprintf(stderr, "mlpc: %v\n", err)
		return exitUsage
	case errors.As(err, &bug):
		fmt.Fprintf(stderr, "mlpc: %v\n%s", err, bug.Stack)
		return exitBug
	}
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintf(stderr, "mlpc: %s\n", line)
	}
	return exitInput
}

func newApp(c *console) *cli.App {
	cli.VersionFlag = &cli.BoolFlag{Name: "version", Usage: "print the version"}
	app := &cli.App{
		Name:                   "mlpc",
		Usage:                  "compile a trained multi-layer perceptron (ONNX) to Verilog, HLS C++, microcontroller C or Go, and prove it",
		UsageText:              "mlpc COMMAND MODEL [flags]; flags may stand anywhere",
		Version:                version(),
		Writer:                 c.out,
		ErrWriter:              c.err,
		HideHelpCommand:        true,
		UseShortOptionHandling: false,
		Commands: []*cli.Command{
			compileCommand(c), runCommand(c), verifyCommand(c), estimateCommand(c), exploreCommand(c), inspectCommand(c),
			passesCommand(c), targetsCommand(c), devicesCommand(c), explainCommand(c), versionCommand(c),
		},
		DisableSliceFlagSeparator: true,
		ExitErrHandler:            func(*cli.Context, error) {},
		OnUsageError:              func(_ *cli.Context, err error, _ bool) error { return badFlag(nil, err) },
		Action: func(ctx *cli.Context) error {
			if ctx.Args().Present() {
				return unknownCommand(ctx.App, ctx.Args().First())
			}
			return cli.ShowAppHelp(ctx)
		},
	}
	for _, cmd := range app.Commands {
		cmd.OnUsageError = func(ctx *cli.Context, err error, _ bool) error { return badFlag(ctx.Command.Flags, err) }
		cmd.HideHelpCommand = true
		group(cmd)
	}
	return app
}

// badFlag puts what the flag parser says of a value into the words of all other messages.
func badFlag(flags []cli.Flag, err error) error {
	var value, name string
	if _, e := fmt.Sscanf(err.Error(), "invalid value %q for flag -%s", &value, &name); e == nil {
		name = strings.TrimSuffix(name, ":")
		return usage("--"+name+" is "+usageOf(flags, name), "--%s takes no %q", name, value)
	}
	return usage("", "%v", err)
}

// usageOf is what --help says of a flag.
func usageOf(flags []cli.Flag, name string) string {
	for _, f := range flags {
		if d, ok := f.(cli.DocGenerationFlag); ok && slices.Contains(f.Names(), name) {
			return strings.ReplaceAll(d.GetUsage(), "`", "")
		}
	}
	return "listed by --help"
}

func unknownCommand(app *cli.App, name string) error {
	var names []string
	for _, cmd := range app.Commands {
		names = append(names, cmd.Name)
	}
	return usage(orElse(diag.DidYouMean(name, names), "commands: "+strings.Join(names, ", ")), "no command %q", name)
}

func orElse(s, other string) string {
	if s != "" {
		return s
	}
	return other
}

// reorder puts flags before other arguments, since urfave/cli v2 stops at the first argument that is no flag; "--" ends the flags.
func reorder(app *cli.App, args []string) ([]string, error) {
	if len(args) < 2 || strings.HasPrefix(args[1], "-") {
		return args, nil
	}
	cmd := app.Command(args[1])
	if cmd == nil {
		return nil, unknownCommand(app, args[1])
	}
	takes, said := map[string]bool{"help": false, "h": false}, once{}
	for _, f := range cmd.Flags {
		_, isBool := f.(*cli.BoolFlag)
		for _, n := range f.Names() {
			takes[n] = !isBool
		}
	}
	var flags, rest []string
	for i := 2; i < len(args); i++ {
		a := args[i]
		if a == "--" {
			rest = append(rest, args[i+1:]...)
			break
		}
		if len(a) < 2 || a[0] != '-' {
			rest = append(rest, a)
			continue
		}
		name, given, hasValue := strings.Cut(strings.TrimLeft(a, "-"), "=")
		value, known := takes[name]
		if !known {
			return nil, unknownFlag(cmd, a)
		}
		flags = append(flags, a)
		if value && !hasValue {
			if i++; i == len(args) {
				return nil, usage("", "flag %s needs a value", a)
			}
			given = args[i]
			flags = append(flags, given)
		}
		if value {
			if err := said.say(cmd, name, given); err != nil {
				return nil, err
			}
		}
	}
	out := append([]string{args[0], args[1]}, flags...)
	return append(append(out, "--"), rest...), nil
}

// once holds the values of flags that take one, by the flag's first name.
type once map[string]string

// say refuses a second value of a flag that takes one, unless it is the same.
func (o once) say(cmd *cli.Command, name, value string) error {
	for _, f := range cmd.Flags {
		if _, many := f.(*cli.StringSliceFlag); many || !slices.Contains(f.Names(), name) {
			continue
		}
		flag := f.Names()[0]
		if first, ok := o[flag]; ok && first != value {
			return usage("leave one out", "%s is given twice, as %q and as %q", dashes(flag), first, value)
		}
		o[flag] = value
	}
	return nil
}

func unknownFlag(cmd *cli.Command, flag string) error {
	var names []string
	for _, f := range cmd.Flags {
		for _, n := range f.Names() {
			names = append(names, dashes(n))
		}
	}
	name, _, _ := strings.Cut(flag, "=")
	return usage(orElse(diag.DidYouMean(name, names), "mlpc "+cmd.Name+" --help lists the flags"), "%s has no flag %s", cmd.Name, name)
}

func dashes(name string) string {
	if len(name) == 1 {
		return "-" + name
	}
	return "--" + name
}

// oneArgument gives the only argument of a command.
func oneArgument(ctx *cli.Context, what string) (string, error) {
	switch ctx.NArg() {
	case 0:
		return "", usage("see mlpc "+ctx.Command.Name+" --help", "%s needs %s", ctx.Command.Name, what)
	case 1:
		return ctx.Args().First(), nil
	}
	return "", usage("", "%s takes one argument, not %d: %s", ctx.Command.Name, ctx.NArg(), strings.Join(ctx.Args().Slice(), " "))
}

// noArguments refuses arguments.
func noArguments(ctx *cli.Context) error {
	if ctx.NArg() > 0 {
		return usage("", "%s takes no argument, not %q", ctx.Command.Name, ctx.Args().First())
	}
	return nil
}
