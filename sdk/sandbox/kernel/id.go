package kernel

import (
	"fmt"

	"github.com/patchbay-dev/patchbay/sdk/sandbox"
)

// IDs makes ids. A sandbox that is started or reset makes others than before, unless its World has a seed: whoever remembers old ones must
// not take new things for them.
type IDs struct {
	world string
	made  map[string]int
}

// NewIDs makes the ids of a world.
func NewIDs(w *sandbox.World) *IDs { return &IDs{world: w.Hex(3), made: map[string]int{}} }

// Next is the next id with a prefix, such as "alc_5f0a1c_77".
func (i *IDs) Next(prefix string) string {
	i.made[prefix]++
	return fmt.Sprintf("%s_%s_%d", prefix, i.world, i.made[prefix])
}
