"""What every connection that stays open needs: a queue, an end in order, rights looked at again."""
