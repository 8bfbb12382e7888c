//go:build linux

package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"
)

// object is a JSON object.
type object = map[string]any

// show prints the answer as JSON, or as one line for each of its lines.
func show(format string, answer object, lines ...string) error {
	switch format {
	case "json":
		text, err := json.MarshalIndent(answer, "", "    ")
		if err != nil {
			return err
		}
		fmt.Println(string(text))
	case "table":
		for _, line := range lines {
			fmt.Println(line)
		}
	default:
		return refuse("Invalid format type given: the stand-in has table and json")
	}
	return nil
}

// formatFlag adds the option --format.
func formatFlag(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().String("format", "table", "table or json")
	return cmd
}

func formatOf(cmd *cobra.Command) string { return cmd.Flag("format").Value.String() }

func newVersion() *cobra.Command {
	return formatFlag(&cobra.Command{
		Use:   "version",
		Short: "Show the stand-in's version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return show(formatOf(cmd), object{"multipass": version, "multipassd": version},
				"multipass   "+version, "multipassd  "+version, "This is not multipass, but bpflab's stand-in for it.")
		},
	})
}

func newFind() *cobra.Command {
	return formatFlag(&cobra.Command{
		Use:   "find",
		Short: "List the images that the stand-in has something for",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			found, lines := object{}, []string{}
			for _, i := range images {
				found[i.release] = object{"os": "Ubuntu", "release": i.release + " LTS", "version": "stand-in", "aliases": i.aliases, "remote": ""}
				lines = append(lines, fmt.Sprintf("%-10s stand-in: Linux %s", i.release, i.kernel))
			}
			return show(formatOf(cmd), object{"errors": []any{}, "images": found}, lines...)
		},
	})
}

func newList(d dir) *cobra.Command {
	return formatFlag(&cobra.Command{
		Use:   "list",
		Short: "List instances",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := d.all()
			if err != nil {
				return err
			}
			list, lines := []object{}, []string{}
			for _, i := range all {
				s, err := i.read()
				if err != nil {
					continue // deleted meanwhile
				}
				list = append(list, object{"name": i.name(), "state": s.State, "ipv4": []string{}, "release": "stand-in for " + s.Image})
				lines = append(lines, fmt.Sprintf("%-24s%-18s%-17sstand-in for %s", i.name(), s.State, "--", s.Image))
			}
			return show(formatOf(cmd), object{"list": list}, lines...)
		},
	})
}

func newInfo(d dir) *cobra.Command {
	return formatFlag(&cobra.Command{
		Use:   "info <name>",
		Short: "Show an instance",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			i, err := d.existing(args[0])
			if err != nil {
				return err
			}
			s, err := i.read()
			if err != nil {
				return err
			}
			details := object{
				"state": s.State, "release": "stand-in for " + s.Image, "image_release": s.Image, "cpu_count": fmt.Sprint(s.CPUs),
				"memory": object{"total": s.Memory}, "ipv4": []string{}, "mounts": object{}, "disks": object{},
			}
			return show(formatOf(cmd), object{"errors": []any{}, "info": object{i.name(): details}},
				"Name:           "+i.name(), "State:          "+s.State, "Release:        stand-in for "+s.Image)
		},
	})
}
