package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
	pschema "github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

type fields = map[string]*tfbridge.SchemaInfo

// packageSchema describes the provider in Pulumi's own schema language. The bridge checks a
// program's inputs against it, `pulumi package get-schema` prints it, and the contract tests compare
// it with the typings of @pulumi/docker. It is derived from the provider at start, so that it can
// never be out of date.
func packageSchema(info tfbridge.ProviderInfo) pschema.PackageSpec {
	types := typeTable{}
	spec := pschema.PackageSpec{
		Name:      info.Name,
		Version:   info.Version,
		Types:     types,
		Resources: map[string]pschema.ResourceSpec{},
		Functions: map[string]pschema.FunctionSpec{},
	}
	config := types.properties("config", info.P.Schema(), info.Config, asInput)
	spec.Config = pschema.ConfigSpec{Variables: config}
	spec.Provider = &pschema.ResourceSpec{InputProperties: config}

	for upstream, resource := range info.Resources {
		schema := info.P.ResourcesMap().Get(upstream).Schema()
		name := resource.Tok.Name().String()
		spec.Resources[resource.Tok.String()] = pschema.ResourceSpec{
			ObjectTypeSpec:  types.object(name, schema, resource.Fields, asOutput),
			InputProperties: types.properties(name, schema, resource.Fields, asInput),
			RequiredInputs:  requiredNames(schema, resource.Fields),
		}
	}
	for upstream, function := range info.DataSources {
		schema := info.P.DataSourcesMap().Get(upstream).Schema()
		name := function.Tok.Name().String()
		inputs := types.object(name, schema, function.Fields, asInput)
		outputs := types.object(name, schema, function.Fields, asOutput)
		// Every data source has an identity, whether or not its schema says so.
		outputs.Properties["id"] = pschema.PropertySpec{TypeSpec: pschema.TypeSpec{Type: "string"}}
		spec.Functions[function.Tok.String()] = pschema.FunctionSpec{Inputs: &inputs, Outputs: &outputs}
	}
	return spec
}

// typeTable collects the object types found inside properties.
type typeTable map[string]pschema.ComplexTypeSpec

// view is how a property is looked at: as something a program gives, as something it gets back, or
// as a part of a nested type, which serves for both.
type view int

const (
	asInput view = iota
	asOutput
	asPart
)

func (v view) shows(upstream string, property shim.Schema) bool {
	if property.Removed() != "" {
		return false
	}
	switch v {
	case asInput:
		// What only the provider can set is no input.
		return property.Optional() || property.Required()
	case asOutput:
		// The identity is Pulumi's own, beside the properties.
		return upstream != "id"
	default:
		return true
	}
}

func (types typeTable) object(owner string, schema shim.SchemaMap, infos fields, seen view) pschema.ObjectTypeSpec {
	return pschema.ObjectTypeSpec{
		Type:       "object",
		Properties: types.properties(owner, schema, infos, seen),
		Required:   requiredNames(schema, infos),
	}
}

func (types typeTable) properties(
	owner string, schema shim.SchemaMap, infos fields, seen view,
) map[string]pschema.PropertySpec {
	properties := map[string]pschema.PropertySpec{}
	schema.Range(func(upstream string, property shim.Schema) bool {
		if seen.shows(upstream, property) {
			properties[tfbridge.TerraformToPulumiNameV2(upstream, schema, infos)] = pschema.PropertySpec{
				TypeSpec: types.propertyType(
					owner+tfbridge.TerraformToPulumiName(upstream, nil, nil, true), property, infos[upstream]),
				Secret:               property.Sensitive(),
				WillReplaceOnChanges: seen != asOutput && property.ForceNew(),
				DeprecationMessage:   property.Deprecated(),
			}
		}
		return true
	})
	return properties
}

func (types typeTable) propertyType(owner string, schema shim.Schema, info *tfbridge.SchemaInfo) pschema.TypeSpec {
	switch schema.Type() {
	case shim.TypeBool:
		return pschema.TypeSpec{Type: "boolean"}
	case shim.TypeInt:
		return pschema.TypeSpec{Type: "integer"}
	case shim.TypeFloat:
		return pschema.TypeSpec{Type: "number"}
	case shim.TypeMap:
		element := types.elementType(owner, schema, info)
		return pschema.TypeSpec{Type: "object", AdditionalProperties: &element}
	case shim.TypeList, shim.TypeSet:
		element := types.elementType(owner, schema, info)
		if tfbridge.IsMaxItemsOne(schema, info) {
			return element
		}
		return pschema.TypeSpec{Type: "array", Items: &element}
	default:
		return pschema.TypeSpec{Type: "string"}
	}
}

func (types typeTable) elementType(owner string, schema shim.Schema, info *tfbridge.SchemaInfo) pschema.TypeSpec {
	var nested *tfbridge.SchemaInfo
	if info != nil {
		nested = info.Elem
	}
	switch element := schema.Elem().(type) {
	case shim.Schema:
		return types.propertyType(owner, element, nested)
	case shim.Resource:
		var infos fields
		if nested != nil {
			infos = nested.Fields
		}
		token := member(owner)
		types[token] = pschema.ComplexTypeSpec{
			ObjectTypeSpec: types.object(owner, element.Schema(), infos, asPart),
		}
		return pschema.TypeSpec{Ref: "#/types/" + token}
	default:
		return pschema.TypeSpec{Type: "string"}
	}
}

// requiredNames lists what a program has to give: nothing that the bridge fills in by itself.
func requiredNames(schema shim.SchemaMap, infos fields) []string {
	var names []string
	schema.Range(func(upstream string, property shim.Schema) bool {
		info := infos[upstream]
		filledIn := info != nil && info.Default != nil
		if property.Required() && property.Removed() == "" && !filledIn {
			names = append(names, tfbridge.TerraformToPulumiNameV2(upstream, schema, infos))
		}
		return true
	})
	return names
}
