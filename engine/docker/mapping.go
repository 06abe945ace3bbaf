package main

import (
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

const packageName = "docker"

// Names that do not follow from the provider's own.
var resourceNames = map[string]string{
	"docker_buildx_builder": "BuildxBuilder",
	"docker_config":         "ServiceConfig",
	"docker_container":      "Container",
	"docker_image":          "RemoteImage",
	"docker_network":        "Network",
	"docker_plugin":         "Plugin",
	"docker_registry_image": "RegistryImage",
	"docker_secret":         "Secret",
	"docker_service":        "Service",
	"docker_tag":            "Tag",
	"docker_volume":         "Volume",
}

var functionNames = map[string]string{
	"docker_image":                    "getRemoteImage",
	"docker_logs":                     "getLogs",
	"docker_network":                  "getNetwork",
	"docker_plugin":                   "getPlugin",
	"docker_registry_image":           "getRegistryImage",
	"docker_registry_image_manifests": "getRegistryImageManifests",
}

// Fields whose Pulumi name is not the bridge's plural of a list.
var keepNames = map[string]map[string]*tfbridge.SchemaInfo{
	"docker_container": {
		"command":           {Name: "command"},
		"networks_advanced": {Name: "networksAdvanced"},
	},
	// Named here so that it is not named automatically: an image's name is where it is pulled from.
	"docker_image": {"name": {Name: "name"}},
}

// providerInfo is the whole mapping between the upstream provider and @pulumi/docker.
func providerInfo(version string) tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:       shimv2.NewProvider(provider.New(version)()),
		Name:    packageName,
		Version: version,
		Config: map[string]*tfbridge.SchemaInfo{
			"host": {Default: &tfbridge.DefaultInfo{
				EnvVars: []string{"DOCKER_HOST"},
				Value:   "unix:///var/run/docker.sock",
			}},
			"registry_auth": {Name: "registryAuth", MaxItemsOne: tfbridge.False()},
		},
		Resources:   map[string]*tfbridge.ResourceInfo{},
		DataSources: map[string]*tfbridge.DataSourceInfo{},
	}
	for upstream, name := range resourceNames {
		info.Resources[upstream] = &tfbridge.ResourceInfo{
			Tok:    tokens.Type(member(name)),
			Fields: keepNames[upstream],
			// A new container takes the old one's name and ports, so the old one goes first.
			DeleteBeforeReplace: upstream == "docker_container",
		}
	}
	for upstream, name := range functionNames {
		info.DataSources[upstream] = &tfbridge.DataSourceInfo{Tok: tokens.ModuleMember(member(name))}
	}
	// A resource without a name gets one with a random suffix, as with the vendor's plugin.
	info.SetAutonaming(255, "-")
	return info
}

// member gives docker:index/networkName:NetworkName, the form of every token of the package.
func member(name string) string {
	return packageName + ":index/" + strings.ToLower(name[:1]) + name[1:] + ":" + name
}
