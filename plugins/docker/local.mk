# plugins/docker
