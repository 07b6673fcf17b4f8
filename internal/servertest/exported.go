package servertest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
	"testing"
)

// Waits returns what the package in the working directory exports that may ask a server:
// functions and methods of exported types that take a context, or make a role, as "Func" or
// "Type.Method", sorted.
func Waits(tb testing.TB) []string {
	tb.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		tb.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, parser.SkipObjectResolution)
		if err != nil {
			tb.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Name.IsExported() && waits(f.Type) {
				names = append(names, nameOf(f))
			}
		}
	}
	names = slices.DeleteFunc(names, func(name string) bool { return !ast.IsExported(name) })
	slices.Sort(names)
	return names
}

// waits reports whether a function takes a context or makes a role.
func waits(f *ast.FuncType) bool {
	for _, list := range []*ast.FieldList{f.Params, f.Results} {
		if list == nil {
			continue
		}
		for _, field := range list.List {
			kind := field.Type
			if pointer, ok := kind.(*ast.StarExpr); ok {
				kind = pointer.X
			}
			if s, ok := kind.(*ast.SelectorExpr); ok && (s.Sel.Name == "Context" || s.Sel.Name == "Role") {
				return true
			}
		}
	}
	return false
}

// nameOf is the name of a function, with that of its receiver's type.
func nameOf(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return f.Name.Name
	}
	kind := f.Recv.List[0].Type
	if pointer, ok := kind.(*ast.StarExpr); ok {
		kind = pointer.X
	}
	if of, ok := kind.(*ast.Ident); ok {
		return of.Name + "." + f.Name.Name
	}
	return f.Name.Name
}

// EachIsLiedTo fails unless calls, and the names of those that have a test of their own or
// ask nobody, are all that Waits returns.
func EachIsLiedTo(tb testing.TB, calls []LiedTo, others ...string) {
	tb.Helper()
	all := slices.Clone(others)
	for _, c := range calls {
		all = append(all, c.Name)
	}
	slices.Sort(all)
	if there := Waits(tb); !slices.Equal(all, there) {
		for _, name := range there {
			if !slices.Contains(all, name) {
				tb.Errorf("%s asks a server, and nothing is lied to it", name)
			}
		}
		for _, name := range all {
			if !slices.Contains(there, name) {
				tb.Errorf("%s is exported no more", name)
			}
		}
	}
}
