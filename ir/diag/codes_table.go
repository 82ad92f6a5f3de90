package diag

import "strings"

// Codes explains every code, in the order in which a compilation can meet them.
var Codes = []Doc{
	{
		Code:    CodeFile,
		Means:   "A file or directory is missing, or cannot be read.",
		Example: "mlpc inspect missing.onnx",
		Remedy:  "Check the path and the permissions.",
	},
	{
		Code:  CodeFormat,
		Means: "A file is not of the format that its place asks for, or it is cut off.",
		Example: `mlpc inspect text.onnx
-- text.onnx --
This is not ONNX.
`,
		Remedy: "Export or copy the file again. Models are ONNX protobuf files or mlpc's text form (.mlpc), data files .npz or .csv.",
	},
	{
		Code:    CodeLimit,
		Means:   "The model asks for more memory, nodes or dimensions than any network of its file size needs, and is taken to be broken or hostile.",
		Example: "an ONNX model with a ConstantOfShape node of shape [100000, 100000, 100000]",
		Remedy:  "Look at the node that the message names. The message also gives the limit.",
	},
	{
		Code:    CodeUnsupportedOp,
		Means:   "The model uses an operator, or a form of it, that mlpc cannot compile.",
		Example: "an ONNX model with an LSTM node",
		Remedy:  "Export the model without the node: in evaluation mode, without preprocessing, cut off after the last layer. `mlpc inspect` lists the nodes.",
	},
	{
		Code:  CodeAttribute,
		Means: "An operator has an attribute, or a number of inputs, that it does not allow.",
		Example: `mlpc inspect model.mlpc
-- model.mlpc --
graph "unknown function"
%0 = input : real[4]
%1 = table %0 fn="sinus" : real[4]
return %1
`,
		Remedy: "Export the model again with a newer exporter, or correct the attribute that the message names.",
	},
	{
		Code:  CodeShape,
		Means: "The shapes of an operator's inputs do not fit together.",
		Example: `mlpc inspect model.mlpc
-- model.mlpc --
graph "weights for 4 inputs on 3"
%0 = input : s8[3]
%1 = const ints=[1 2 3 4 5 6 7 8] : u4[2,4]
%2 = dense %0 %1 : s16[2]
return %2
`,
		Remedy: "Run the model in the tool that trained it: it will most likely refuse it too. Export it again.",
	},
	{
		Code:    CodeDynamicShape,
		Means:   "A dimension other than the batch is not known before run time. Hardware needs every size.",
		Example: "an ONNX model with an input of shape [batch, features]",
		Remedy:  "Export the model with fixed dimensions; only the first dimension of each input may stay open.",
	},
	{
		Code:  CodeType,
		Means: "A value has an element type that does not fit its use.",
		Example: `mlpc inspect model.mlpc
-- model.mlpc --
graph "real and integer"
%0 = input : real[3]
%1 = input : s8[3]
%2 = add %0 %1 : real[3]
return %2
`,
		Remedy: "Convert the value with Cast in the model, or leave text and double-precision parts outside the model.",
	},
	{
		Code:    CodeExternalData,
		Means:   "Weights that the model keeps in another file are missing, too short, or outside the model's directory.",
		Example: "model.onnx exported with external data, without its model.onnx.data beside it",
		Remedy:  "Put the data files beside the .onnx file under the names that they were exported with.",
	},
	{
		Code:  CodeValue,
		Means: "A number is not finite: a weight, an attribute or a value computed on the data is NaN or infinite.",
		Example: `mlpc inspect model.mlpc
-- model.mlpc --
graph "not a number"
%0 = input : real[2]
%1 = const reals=[1 NaN] : real[2]
%2 = mul %0 %1 : real[2]
return %2
`,
		Remedy: "Train or export the model again; check the data for missing entries.",
	},
	{
		Code:  CodeGraph,
		Means: "The model is not a graph of operators: a tensor is made twice or never, an operator lacks an input, or there is no output.",
		Example: `mlpc inspect model.mlpc
-- model.mlpc --
graph "one argument missing"
%0 = input : s8[3]
%1 = add %0 : s9[3]
return %1
`,
		Remedy: "Export the model again. If it was edited by hand, check it with onnx.checker.",
	},
	{
		Code:  CodeSyntax,
		Means: "A .mlpc file does not follow the text form of the intermediate representation.",
		Example: `mlpc inspect model.mlpc
-- model.mlpc --
graph "no such op"
%0 = input : s8[3]
%1 = cosine %0 : s8[3]
return %1
`,
		Remedy: "The message names the line. docs/ir.md has the grammar; --dump gives examples.",
	},
	{
		Code:  CodeOverflow,
		Means: "An integer can leave the range of its type for some input. Nothing in mlpc wraps around unless the model asks for it.",
		Example: `mlpc inspect model.mlpc
-- model.mlpc --
graph "a sum of int8 in int8"
%0 = input : s8[3]
%1 = input : s8[3]
%2 = add %0 %1 : s8[3]
return %2
`,
		Remedy: "Give the value the type that the message names, or narrow the inputs' ranges.",
	},
	{
		Code:  CodeData,
		Means: "A data file does not fit the model: wrong columns, wrong number of rows or labels, or no array for an input.",
		Example: `mlpc run model.mlpc --data rows.csv
-- model.mlpc --
graph "three inputs"
%0 = input : real[3]
%1 = mul %0 %0 : real[3]
return %1
-- rows.csv --
a,b
1,2
3,4
`,
		Remedy: "Give one column or array element for each element of each input: in .npz as in0, in1, … or under the input's name. `mlpc inspect` shows the inputs.",
	},
	{
		Code:    CodeRows,
		Warning: true,
		Means:   "A warning: the calibration rows are so few, or so much alike, that ranges chosen from them will not hold for other rows, which are then clipped.",
		Example: `mlpc compile model.mlpc --target c --data rows.csv
-- model.mlpc --
graph "scale"
%0 = input : real[2]
%1 = const reals=[2 3] : real[2]
%2 = mul %0 %1 : real[2]
return %2
-- rows.csv --
a,b
1,2
`,
		Remedy: "Give at least 100 rows as the network will get them in use; they need no labels. `-q` leaves warnings out.",
	},
	{
		Code:    CodeQuantization,
		Means:   "A part of the float model cannot be computed with integers of the widths that were asked for.",
		Example: "a Div node whose divisor depends on the input and passes through 0",
		Remedy:  "Allow more bits, calibrate on data that is like the real input, or cut the part off the model.",
	},
	{
		Code:    CodeDynamicQuant,
		Means:   "The model chooses its quantization at run time, from each input.",
		Example: "an ONNX model with a DynamicQuantizeLinear node",
		Remedy:  "Quantize the model statically, with calibration data, or give mlpc the float model.",
	},
	{
		Code:  CodeOption,
		Means: "An option's value is not allowed, or contradicts another option.",
		Example: `mlpc compile model.mlpc --target c -p quantize:bits=many
-- model.mlpc --
graph "square"
%0 = input : real[3]
%1 = mul %0 %0 : real[3]
return %1
`,
		Remedy: "`mlpc passes` lists the passes and their options, `mlpc targets` those of the targets, `mlpc devices` the devices.",
	},
	{
		Code:  CodeConfig,
		Means: "A configuration file of hls4ml has a key or a value that mlpc does not know or cannot follow.",
		Example: `mlpc compile model.mlpc --target hls --config hls4ml_config.yml
-- model.mlpc --
graph "square"
%0 = input : real[3]
%1 = mul %0 %0 : real[3]
return %1
-- hls4ml_config.yml --
HLSConfig:
  Model:
    Precison: fixed<16,6>
`,
		Remedy: "Correct or remove the keys that are named; docs/quantization.md lists those that mlpc follows.",
	},
	{
		Code:    CodeTarget,
		Means:   "The target, or the architecture chosen for it, cannot do a part of the model.",
		Example: "a layer of 4096 products of two inputs with --target verilog --arch stream",
		Remedy:  "Choose another target or --arch; `mlpc targets` says what each can do.",
	},
	{
		Code:  CodeOutput,
		Means: "The output directory cannot be written, or holds something that mlpc did not make.",
		Example: `mlpc compile model.mlpc --target c -o mine
-- model.mlpc --
graph "increment"
%0 = input : s8[3]
%1 = const ints=[1] : u1[]
%2 = add %0 %1 : s9[3]
return %2
-- mine/notes.txt --
This directory is not mlpc's.
`,
		Remedy: "Choose another directory with -o, or replace it with --force.",
	},
	{
		Code:    CodeTool,
		Means:   "A tool that runs the emitted files is missing, or fails.",
		Example: "verification of a Verilog directory on a machine without Verilator",
		Remedy:  "Install the package that the message names, or choose another --runner.",
	},
	{
		Code:    CodeMismatch,
		Means:   "Emitted or edited files compute other integers than model.mlpc defines.",
		Example: "verification of a directory in which a weight was changed by hand",
		Remedy:  "Compile again. If unchanged files differ, it is a bug in mlpc or in the tool that ran them: please report it with the directory.",
	},
}

// Explain gives the entry of a code.
func Explain(code Code) (Doc, bool) {
	for _, d := range Codes {
		if d.Code == code {
			return d, true
		}
	}
	return Doc{}, false
}

// String gives the entry as a few lines of text, the files of the example indented.
func (d Doc) String() string {
	example := strings.ReplaceAll(strings.TrimSuffix(d.Example, "\n"), "\n", "\n    ")
	return string(d.Code) + "\n" + d.Means + "\n\nExample:\n    " + example + "\n\n" + d.Remedy + "\n"
}
