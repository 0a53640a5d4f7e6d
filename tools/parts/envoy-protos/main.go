// Writes to standard output, in base64, the FileDescriptorSet of the proto files that its arguments name
// and of all that these import, each after its own imports. Envoy publishes its protos as Go code that
// carries every descriptor with its field rules. A second file, which envoy-protos.ts writes beside this
// one, links the packages of the files that protos.txt names.
package main

import (
	"encoding/base64"
	"fmt"
	"os"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

func main() {
	if err := write(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write(wanted []string) error {
	set := &descriptorpb.FileDescriptorSet{}
	seen := map[string]bool{}
	for _, path := range wanted {
		file, err := protoregistry.GlobalFiles.FindFileByPath(path)
		if err != nil {
			return fmt.Errorf("%s: Envoy has no such proto: %w", path, err)
		}
		add(set, file, seen)
	}
	bytes, err := proto.MarshalOptions{Deterministic: true}.Marshal(set)
	if err != nil {
		return err
	}
	_, err = fmt.Println(base64.StdEncoding.EncodeToString(bytes))
	return err
}

func add(set *descriptorpb.FileDescriptorSet, file protoreflect.FileDescriptor, seen map[string]bool) {
	if seen[file.Path()] {
		return
	}
	seen[file.Path()] = true
	for i := range file.Imports().Len() {
		add(set, file.Imports().Get(i).FileDescriptor, seen)
	}
	set.File = append(set.File, protodesc.ToFileDescriptorProto(file))
}
