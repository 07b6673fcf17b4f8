// Package chart renders deploy/helm/seckill as Helm does, without a cluster, and proves it: each
// document is decoded strictly into its type, what is unsafe is refused, and the configuration is
// loaded by the service's own loader.
package chart

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
)

// Folder is where the chart is, from the root of the repository.
const Folder = "deploy/helm/seckill"

// Release is what is rendered, and by whom.
type Release struct {
	// Name is the release's.
	Name string
	// Namespace is where it goes.
	Namespace string
	// Service is who manages what is rendered; "" = Helm.
	Service string
}

// Render renders the chart of the repository at root with values over its own. It returns what each
// template makes, such as "deployment.yaml", hooks and NOTES.txt too; one that makes nothing is left
// out. Values that the schema or the chart itself refuses are an error.
func Render(root string, release Release, values map[string]any) (map[string]string, error) {
	loaded, err := loader.Load(filepath.Join(root, filepath.FromSlash(Folder)))
	if err != nil {
		return nil, fmt.Errorf("load the chart: %w", err)
	}
	options := common.ReleaseOptions{Name: release.Name, Namespace: release.Namespace, Revision: 1, IsInstall: true}
	top, err := util.ToRenderValues(loaded, values, options, common.DefaultCapabilities)
	if err != nil {
		return nil, fmt.Errorf("values: %w", err)
	}
	if own, ok := top["Release"].(map[string]any); ok && release.Service != "" {
		own["Service"] = release.Service
	}
	rendered, err := engine.Render(loaded, top)
	if err != nil {
		return nil, fmt.Errorf("render the chart: %w", err)
	}
	made := map[string]string{}
	for name, text := range rendered {
		if text = strings.TrimSpace(text); text != "" {
			made[path.Base(name)] = text + "\n"
		}
	}
	return made, nil
}

// Documents splits YAML into its documents; empty ones are left out.
func Documents(text string) []string {
	var all []string
	for part := range strings.SplitSeq("\n"+text, "\n---\n") {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part+"\n")
		}
	}
	return all
}
