package onnx

var signalOps = map[opKey]opRow{}
