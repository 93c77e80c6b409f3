// vcsim, the judge: govmomi's simulator behind a main of ours, with the flags of the original that our tests use.
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"log"
	"net/url"
	"os"
	"os/signal"
	"syscall"

	"github.com/vmware/govmomi/simulator"

	_ "github.com/vmware/govmomi/lookup/simulator"
	_ "github.com/vmware/govmomi/pbm/simulator"
	_ "github.com/vmware/govmomi/sts/simulator"
	_ "github.com/vmware/govmomi/vapi/simulator"
)

func main() {
	model, esx := simulator.VPX(), flag.Bool("esx", false, "be an ESXi host instead of a vCenter")
	flag.IntVar(&model.Datacenter, "dc", model.Datacenter, "datacenters")
	flag.IntVar(&model.Cluster, "cluster", model.Cluster, "clusters per datacenter")
	flag.IntVar(&model.Host, "standalone-host", model.Host, "standalone hosts per datacenter")
	flag.IntVar(&model.ClusterHost, "host", model.ClusterHost, "hosts per cluster")
	flag.IntVar(&model.Pool, "pool", model.Pool, "resource pools per cluster")
	flag.IntVar(&model.Machine, "vm", model.Machine, "VMs per resource pool")
	flag.IntVar(&model.Datastore, "ds", model.Datastore, "datastores")
	flag.IntVar(&model.Folder, "folder", model.Folder, "folders of each kind")
	flag.IntVar(&model.App, "app", model.App, "vApps per cluster")
	listen := flag.String("l", "127.0.0.1:8989", "listen here; port 0 takes a free one")
	username := flag.String("username", "user", "who may log in")
	password := flag.String("password", "pass", "and with which password")
	useTLS := flag.Bool("tls", true, "speak HTTPS")
	version := flag.String("api-version", "", "the API version to claim")
	envPath := flag.String("E", "-", "write the environment for govc to this file")
	flag.Parse()

	if *esx {
		machines := model.Machine
		model = simulator.ESX()
		model.Machine = machines
	}
	if *version != "" {
		model.ServiceContent.About.ApiVersion = *version
	}
	if err := serve(model, *listen, url.UserPassword(*username, *password), *useTLS, *envPath); err != nil {
		log.Fatal(err)
	}
}

func serve(model *simulator.Model, listen string, user *url.Userinfo, useTLS bool, envPath string) error {
	defer model.Remove()
	if err := model.Create(); err != nil {
		return err
	}
	model.Service.Listen = &url.URL{Host: listen, User: user}
	model.Service.RegisterEndpoints = true
	if useTLS {
		model.Service.TLS = new(tls.Config)
	}
	server := model.Service.NewServer()
	defer server.Close()

	environment := fmt.Sprintf("export GOVC_URL=%s GOVC_SIM_PID=%d\n", server.URL, os.Getpid())
	if err := announce(envPath, environment); err != nil {
		return err
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	<-stop
	return nil
}

func announce(path, environment string) error {
	if path != "-" {
		return os.WriteFile(path, []byte(environment), 0o600)
	}
	_, err := os.Stdout.WriteString(environment)
	return err
}
