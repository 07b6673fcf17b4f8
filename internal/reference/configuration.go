package reference

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"seckill/internal/config"
)

// Section is a part of the configuration: the keys of one struct.
type Section struct {
	Name  string // "" of the keys that stand outside of all sections
	About string
	Keys  []config.Key
}

// Table shows the keys of a section.
func (s Section) Table() string { return keyTable(s.Keys) }

func inheritedTable() string { return keyTable(config.Inherited) }

func keyTable(keys []config.Key) string {
	var rows [][]string
	for _, key := range keys {
		preset := quoted(key.Default)
		if key.Default == "required" || key.Default == "none" {
			preset = key.Default
		}
		rows = append(rows, []string{quoted(key.Path), preset, key.Meaning})
	}
	return tableOf([]string{"key", "default", "meaning"}, rows)
}

// Sections reads our own keys from the structs of a package: their comments say what they
// mean, their tags the defaults.
func Sections(folder string) ([]Section, error) {
	structs, err := structsOf(folder)
	if err != nil {
		return nil, err
	}
	top, found := structs["Config"]
	if !found {
		return nil, fmt.Errorf("no Config in %s", folder)
	}
	r := configReader{structs: structs}
	r.read(Section{}, "", top.fields)
	return r.sections, nil
}

type structType struct {
	about  string
	fields []*ast.Field
}

// structsOf returns the structs that a package declares.
func structsOf(folder string) (map[string]structType, error) {
	structs := map[string]structType{}
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, fmt.Errorf("list the configuration: %w", err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read the configuration: %w", err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments)
		if err != nil {
			return nil, fmt.Errorf("parse the configuration: %w", err)
		}
		for _, declaration := range file.Decls {
			declared, ok := declaration.(*ast.GenDecl)
			if !ok || declared.Tok != token.TYPE {
				continue
			}
			for _, spec := range declared.Specs {
				spec := spec.(*ast.TypeSpec) //nolint:forcetypeassert // it is a declaration of types
				if made, ok := spec.Type.(*ast.StructType); ok {
					structs[spec.Name.Name] = structType{oneLine(declared.Doc), made.Fields.List}
				}
			}
		}
	}
	return structs, nil
}

// configReader reads a struct and those in it, each as a section.
type configReader struct {
	structs  map[string]structType
	sections []Section
}

func (r *configReader) read(section Section, path string, fields []*ast.Field) {
	at := len(r.sections)
	r.sections = append(r.sections, section)
	for _, field := range fields {
		if len(field.Names) == 0 {
			continue // go-zero's, see config.Inherited
		}
		name := field.Names[0].Name
		if inner, found := r.structs[typeName(field.Type)]; found {
			r.read(Section{Name: path + name, About: sentence(about(inner.about, typeName(field.Type)))}, path+name+".", inner.fields)
			continue
		}
		r.sections[at].Keys = append(r.sections[at].Keys, keyOf(path, name, field))
	}
}

func typeName(of ast.Expr) string {
	if pointer, ok := of.(*ast.StarExpr); ok {
		of = pointer.X
	}
	if name, ok := of.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

var (
	presetTag  = regexp.MustCompile(`default=([^,]*)`)
	presetText = regexp.MustCompile(` ?Defaults to (.+?)(?:\.( |$)|$)`)
	required   = regexp.MustCompile(` Required(, unless[^.]*)?\.`)
)

// keyOf reads a key from its field.
func keyOf(path, name string, field *ast.Field) config.Key {
	text := about(oneLine(field.Doc), name)
	key := config.Key{Path: path + name}
	if found := presetText.FindStringSubmatch(text); found != nil {
		key.Default = found[1]
		text = strings.TrimSuffix(presetText.ReplaceAllString(text, "$2"), ".")
	}
	tag := ""
	if field.Tag != nil {
		tag = reflect.StructTag(strings.Trim(field.Tag.Value, "`")).Get("json")
	}
	switch found := presetTag.FindStringSubmatch(tag); {
	case found != nil:
		key.Default = found[1]
	case key.Default == "" && required.MatchString(text):
		key.Default = "required"
	case key.Default == "":
		key.Default = "none"
	case key.Default != "none": // words, not a value
		text += ". By default " + key.Default
		key.Default = "none"
	}
	key.Meaning = strings.TrimSuffix(strings.TrimSpace(text), ".")
	return key
}

// about is a comment without the name that it begins with.
func about(text, name string) string {
	for _, lead := range []string{name + " is ", name + " are ", name + " says ", name + " "} {
		if rest, found := strings.CutPrefix(text, lead); found {
			return rest
		}
	}
	return text
}

// sentence begins with a capital.
func sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] }

// oneLine is the text of a comment.
func oneLine(comment *ast.CommentGroup) string {
	return strings.Join(strings.Fields(comment.Text()), " ")
}
