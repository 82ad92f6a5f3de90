package diag

// Code names a kind of problem in one or two words; `mlpc explain CODE` prints its entry in Codes.
type Code string

// The codes. Codes lists them with what they mean and what to do.
const (
	CodeFile          Code = "file"
	CodeFormat        Code = "format"
	CodeLimit         Code = "limit"
	CodeUnsupportedOp Code = "unsupported-op"
	CodeAttribute     Code = "attribute"
	CodeShape         Code = "shape"
	CodeDynamicShape  Code = "dynamic-shape"
	CodeType          Code = "type"
	CodeExternalData  Code = "external-data"
	CodeValue         Code = "value"
	CodeGraph         Code = "graph"
	CodeSyntax        Code = "syntax"
	CodeOverflow      Code = "overflow"
	CodeData          Code = "data"
	CodeRows          Code = "rows"
	CodeOption        Code = "option"
	CodeConfig        Code = "config"
	CodeTarget        Code = "target"
	CodeTool          Code = "tool"
	CodeMismatch      Code = "mismatch"
	CodeOutput        Code = "output"
	CodeDynamicQuant  Code = "dynamic-quantization"
	CodeQuantization  Code = "quantization"
)

// Doc explains one code to the user.
type Doc struct {
	Code    Code
	Means   string // what is wrong, full sentences
	Example string // a command that gives it, with its files in txtar form; or, where these are not text, words that describe them
	Remedy  string // what to do about it
	Warning bool   // the command goes on
}
