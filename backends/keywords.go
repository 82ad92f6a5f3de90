package backends

import (
	"strings"

	"mlpc/templates"
)

// reserved holds, for each language, the lower-case names that an emitted identifier must not have.
var reserved = [...]map[string]bool{
	C:       words(wordsC),
	CPP:     words(wordsC, wordsCPP),
	Verilog: words(wordsVerilog, wordsSystemVerilog, libraryModules()),
	Go:      words(wordsGo),
	Tcl:     words(wordsTcl),
}

func words(lists ...string) map[string]bool {
	set := map[string]bool{}
	for _, list := range lists {
		for _, w := range strings.Fields(list) {
			set[w] = true
		}
	}
	return set
}

// libraryModules lists the Verilog modules that an emitted one may stand beside.
func libraryModules() string {
	files, err := templates.FS.ReadDir("verilog")
	if err != nil {
		panic(err) // the directory is embedded
	}
	var names []string
	for _, f := range files {
		if name, ok := strings.CutSuffix(f.Name(), ".v"); ok {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

// wordsC: keywords of C99 to C23, and names that <stdint.h>, <stddef.h>, <string.h>, <math.h> and the linker use.
const wordsC = `
alignas alignof auto bool break case char const constexpr continue default do double else enum extern false float for goto if inline
int long main nullptr register restrict return short signed sizeof static static_assert struct switch thread_local true typedef typeof
typeof_unqual union unsigned void volatile while asm fortran
int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t intptr_t uintptr_t intmax_t uintmax_t size_t ptrdiff_t wchar_t null
memcpy memset memmove memcmp strlen strcmp printf scanf exit abort malloc free calloc realloc abs labs min max
exp log pow sqrt sin cos tan tanh floor ceil round rint fabs fmod errno stdin stdout stderr assert index signal time y0 y1 yn j0 j1 jn gamma
linux unix i386 arm`

// wordsCPP: keywords of C++ up to C++23 and the library names that the HLS target uses.
const wordsCPP = `
and and_eq atomic_cancel atomic_commit atomic_noexcept bitand bitor catch char8_t char16_t char32_t class co_await co_return co_yield
compl concept consteval constinit const_cast decltype delete dynamic_cast explicit export friend import module mutable namespace new
noexcept not not_eq operator or or_eq override final private protected public reflexpr reinterpret_cast requires static_cast
synchronized template this throw try typeid typename using virtual xor xor_eq
std hls nnet ap_int ap_uint ap_fixed ap_ufixed ap_axis ap_axiu stream`

// wordsVerilog: reserved words of IEEE 1364-2001 and 1364-2005.
const wordsVerilog = `
always and assign automatic begin buf bufif0 bufif1 case casex casez cell cmos config deassign default defparam design disable edge
else end endcase endconfig endfunction endgenerate endmodule endprimitive endspecify endtable endtask event for force forever fork
function generate genvar highz0 highz1 if ifnone incdir include initial inout input instance integer join large liblist library
localparam macromodule medium module nand negedge nmos nor noshowcancelled not notif0 notif1 or output parameter pmos posedge
primitive pull0 pull1 pulldown pullup pulsestyle_onevent pulsestyle_ondetect rcmos real realtime reg release repeat rnmos rpmos
rtran rtranif0 rtranif1 scalared showcancelled signed small specify specparam strong0 strong1 supply0 supply1 table task time tran
tranif0 tranif1 tri tri0 tri1 triand trior trireg unsigned use uwire vectored wait wand weak0 weak1 while wire wor xnor xor`

// wordsSystemVerilog: what IEEE 1800-2017 adds.
const wordsSystemVerilog = `
accept_on alias always_comb always_ff always_latch assert assume before bind bins binsof bit break byte chandle checker class
clocking const constraint context continue cover covergroup coverpoint cross dist do endchecker endclass endclocking endgroup
endinterface endpackage endprogram endproperty endsequence enum eventually expect export extends extern final first_match foreach
forkjoin global iff ignore_bins illegal_bins implements implies import inside int interconnect interface intersect join_any join_none
let local logic longint matches modport nettype new nexttime null package packed priority program property protected pure rand randc
randcase randsequence ref reject_on restrict return s_always s_eventually s_nexttime s_until s_until_with sequence shortint shortreal
soft solve static string strong struct super sync_accept_on sync_reject_on tagged this throughout timeprecision timeunit type typedef
union unique unique0 until until_with untyped var virtual void wait_order weak wildcard with within`

// wordsGo: keywords, predeclared identifiers, and names that a package file uses for itself.
const wordsGo = `
break case chan const continue default defer else fallthrough for func go goto if import interface map package range return select
struct switch type var any append bool byte cap clear close comparable complex complex64 complex128 copy delete error false float32
float64 imag int int8 int16 int32 int64 iota len make max min new nil panic print println real recover rune string true uint uint8
uint16 uint32 uint64 uintptr init main testing num internal vendor`

// wordsTcl: commands of Tcl 8.6 that a variable or procedure name should not shadow.
const wordsTcl = `
after append apply array bgerror binary break catch cd chan clock close concat continue coroutine dict encoding eof error eval exec
exit expr fblocked fconfigure fcopy file fileevent filename flush for foreach format gets glob global http if incr info interp join
lappend lassign lindex linsert list llength lmap load lrange lrepeat lreplace lreverse lsearch lset lsort mathfunc mathop memory
msgcat namespace open package parray pid pkg_mkindex platform proc puts pwd re_syntax read refchan regexp registry regsub rename
return safe scan seek set socket source split string subst switch tailcall tcltest tell throw time tm trace transchan try unknown
unload unset update uplevel upvar variable vwait while yield yieldto zlib`
