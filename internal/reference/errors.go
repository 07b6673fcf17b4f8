package reference

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"

	"seckill/internal/response"
	"seckill/internal/seckill"
)

// Code is a code of an error, with the HTTP status that it comes with.
type Code struct {
	Name    string
	Status  int
	Meaning string
}

// Codes reads the codes from the constants of a file, lowest status first.
func Codes(path string) ([]Code, error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
	if err != nil {
		return nil, fmt.Errorf("parse the codes: %w", err)
	}
	var codes []Code
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || typeName(spec.Type) != "Code" || len(spec.Values) != 1 {
			return true
		}
		if value, ok := spec.Values[0].(*ast.BasicLit); ok {
			name, _ := strconv.Unquote(value.Value)
			codes = append(codes, Code{name, response.StatusOf(seckill.Code(name)), oneLine(spec.Comment)})
		}
		return true
	})
	if len(codes) == 0 {
		return nil, errors.New("no codes in " + path)
	}
	for _, code := range codes {
		if code.Meaning == "" {
			return nil, fmt.Errorf("%s: no comment says what %s means", path, code.Name)
		}
	}
	slices.SortStableFunc(codes, func(a, b Code) int { return a.Status - b.Status })
	return codes, nil
}

// Names returns the names of codes.
func Names(codes []Code) []string {
	var names []string
	for _, code := range codes {
		names = append(names, code.Name)
	}
	return names
}

func errorTable(codes []Code) string {
	var rows [][]string
	for _, code := range codes {
		rows = append(rows, []string{strconv.Itoa(code.Status), quoted(code.Name), code.Meaning})
	}
	return tableOf([]string{"status", "code", "meaning"}, rows)
}
